#include "bench/lockbench_history.h"

#include <algorithm>
#include <variant>

#include "net/runtime.h"
#include "paxos/json_writer.h"
#include "sim/lock_deal.h"

namespace bench {

using lockservice::CallRequest;
using lockservice::CancelRequest;
using paxos::Instant;
using paxos::sim::Deal;

namespace {

// CLOCK_BOOTTIME, as all times in a history.
paxos::sim::Time Now() { return paxos::sim::Time{paxos::net::Now().time_since_epoch()}; }

std::optional<Answer> AnswerTo(const lockservice::RequestBody& request,
                               const paxos::SessionResult& result) {
  if (!IsFinal(result)) return std::nullopt;
  if (const auto* call = std::get_if<CallRequest>(&request))
    return Answer{call->session, call->seq, RequestText(call->operation), ReplyText(result)};
  if (const auto* cancel = std::get_if<CancelRequest>(&request))
    return Answer{cancel->session, cancel->seq, CancelText(cancel->target), ReplyText(result)};
  return std::nullopt;
}

}  // namespace

void HistoryRecorder::OnStrike(Instant at) {
  struck_at_ = at;
  next_grant_.reset();
}

void HistoryRecorder::Write(const HistoryLine& line) {
  std::string text;
  paxos::JsonWriter(&text).Write(line);
  file_ << text << '\n';
}

bool HistoryRecorder::Finish(Instant now) {
  for (auto& [number, believer] : believers_) {
    for (auto& [key, belief] : believer.beliefs) End(belief, std::min(now, believer.valid_until));
  }
  believers_.clear();
  for (const auto& [key, deal] : deals_) Write(deal);
  deals_.clear();
  file_.flush();
  return file_.good();
}

// ---- answers --------------------------------------------------------------------------------

void HistoryRecorder::OnRequest(const LoadClient& client, const lockservice::Request& request) {
  const RequestKey key{client.number(), request.id};
  requests_.insert_or_assign(key, request.body);
  auto deal = paxos::sim::DealOf(request.body);
  if (!deal) return;
  deal->client = client.number();
  deal->invoked = Now();
  deals_.try_emplace(key, *std::move(deal));  // sent again, it is the same call
}

void HistoryRecorder::OnResponse(const LoadClient& client, const lockservice::Response& response) {
  const auto deal = deals_.find({client.number(), response.id});
  const bool is_queued = std::holds_alternative<lockservice::Waiting>(response.body);
  if (is_queued && deal != deals_.end() && !deal->second.queued) deal->second.queued = Now();
  const auto* result = std::get_if<lockservice::Result>(&response.body);
  if (result == nullptr) return;
  const auto request = requests_.extract({client.number(), response.id});
  if (request.empty()) return;
  if (const auto answer = AnswerTo(request.mapped(), result->result)) Write(*answer);
}

void HistoryRecorder::OnCompletion(const LoadClient& client,
                                   const lockservice::Completion& completion) {
  auto deal = deals_.extract({client.number(), lockservice::RequestId(completion.call.value())});
  if (deal.empty()) return;
  deal.mapped().returned = Now();
  NoteResult(completion.result, deal.mapped());
  Write(deal.mapped());
}

void HistoryRecorder::OnState(const LoadClient& client, const lockservice::StateChange& change) {
  if (change.to != lockservice::SessionState::kLost) return;
  Deal end;
  end.client = client.number();
  end.session = change.session.value();
  end.deed = paxos::sim::Deed::kEnd;
  end.invoked = end.returned = Now();
  end.outcome = paxos::sim::Outcome::kEnded;
  Write(end);
}

// ---- beliefs --------------------------------------------------------------------------------

void HistoryRecorder::OnStep(const LoadClient& client, Instant now) {
  Believer& believer = believers_[client.number()];
  EndBeliefs(client, now, believer);
  BeginBeliefs(client, now, believer);
  believer.valid_until = client.client().valid_until();
}

// A belief ends when validity passes, whether or not anybody looked at that moment.
void HistoryRecorder::EndBeliefs(const LoadClient& client, Instant now, Believer& believer) {
  for (auto at = believer.beliefs.begin(); at != believer.beliefs.end();) {
    const auto& [key, belief] = *at;
    if (client.client().Holds(key.name, key.owner, now) == belief.token) {
      ++at;
      continue;
    }
    End(belief, std::min(now, believer.valid_until));
    at = believer.beliefs.erase(at);
  }
}

void HistoryRecorder::BeginBeliefs(const LoadClient& client, Instant now, Believer& believer) {
  if (client.client().state(now) != lockservice::SessionState::kSafe) return;
  for (const auto& [key, holding] : client.client().holdings()) {
    const Belief belief{
        client.number(), *client.client().session(), key.name, holding.token, now, {}};
    const bool is_new = believer.beliefs.emplace(key, belief).second;
    const bool is_next_grant = is_new && struck_at_ && client.connected_at() > *struck_at_;
    if (is_next_grant && !next_grant_) next_grant_ = now;
  }
}

void HistoryRecorder::End(Belief belief, Instant end) {
  belief.end = end;
  Write(belief);
}

}  // namespace bench
