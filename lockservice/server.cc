#include "lockservice/server.h"

#include <algorithm>
#include <utility>

#include "lockservice/server_limits.h"
#include "paxos/archive.h"
#include "paxos/check.h"

namespace lockservice {

using paxos::CommandIndex;
using paxos::Instant;
using paxos::NodeId;
using paxos::ProposalId;
using paxos::ReadId;
using paxos::Urgency;

paxos::Status ServerOptions::Validate() const {
  if (paxos::Status valid = replica.Validate(); !valid.ok()) return valid;
  if (!nodes.contains(replica.self))
    return {paxos::ErrorCode::kInvalidArgument, "nodes: this node is not among them"};
  if (requests.requests_max < 2 || requests.requests_per_connection_max < 2)
    return {paxos::ErrorCode::kInvalidArgument, "requests: a bound below 2 lets nobody wait"};
  return paxos::Status::Ok();
}

Server::Server(const ServerOptions& options, paxos::Storage& storage, paxos::Transport& transport,
               paxos::NodeEvents* observer)
    : options_(options),
      observer_(observer),
      locks_(options.locks),
      sessions_(options.sessions, locks_),
      keeper_(options.keeper),
      requests_(options.requests),
      node_(options.replica, storage, transport, sessions_, *this) {}

paxos::Status Server::Start(
    Instant now, const std::function<void(paxos::Slot at, paxos::Slot of)>& replay_progress) {
  now_ = now;
  return node_.Start(now, replay_progress);
}

// ---- inputs ---------------------------------------------------------------------------------

void Server::OnRequest(Instant now, ConnectionId from, Request request) {
  now_ = now;
  const Asker asker{from, request.id};
  if (std::optional<Refused> refused = RefuseOversized(request.body))
    return Reply(asker, *std::move(refused));
  if (node_.failed() && !std::holds_alternative<StatusRequest>(request.body))
    return Reply(asker, WhereToAsk(std::nullopt));
  std::visit([&](const auto& body) { On(asker, body); }, request.body);
}

void Server::OnDisconnect(ConnectionId connection) { requests_.Drop(connection); }

void Server::OnTime(Instant now) {
  now_ = now;
  node_.OnTime(now);
}

void Server::Drain(Instant now) {
  now_ = now;
  ProposeDuties();
  node_.Drain(now);
  AnswerKeepAlives();
}

std::vector<AddressedResponse> Server::TakeResponses() { return std::exchange(responses_, {}); }

Instant Server::next_wakeup() const {
  return std::min(node_.next_wakeup(), keeper_.NextWakeup(now_, LeaderLogTime(), sessions_));
}

// ---- requests -------------------------------------------------------------------------------

void Server::On(const Asker& asker, const OpenRequest& open) {
  Submit(asker, paxos::OpenSession{open.nonce, open.ttl}, Urgency::kUser);
}

void Server::On(const Asker& asker, const CallRequest& call) {
  const bool is_release = std::holds_alternative<Release>(call.operation);
  SubmitCall(PendingRequest{asker, CallKey{call.session, call.seq}},
             paxos::SessionCall{call.session, call.seq, call.answered_below,
                                paxos::Encode(call.operation), call.unanswered},
             is_release ? Urgency::kGivesBack : Urgency::kUser);
}

void Server::On(const Asker& asker, const CancelRequest& cancel) {
  SubmitCall(PendingRequest{asker, CallKey{cancel.session, cancel.seq}},
             paxos::CancelCall{cancel.session, cancel.seq, cancel.answered_below, cancel.target,
                               cancel.unanswered},
             Urgency::kGivesBack);
}

void Server::On(const Asker& asker, const KeepAliveRequest& keep_alive) {
  if (!IsLeading()) return Reply(asker, WhereToAsk(node_.replica().leader_hint()));
  const std::optional<PendingId> id = requests_.Add(PendingRequest{asker});
  if (!id) return Reply(asker, RetryReason::kOverloaded);
  keeper_.KeepAlive(keep_alive.session, paxos::KeepAliveTag(id->value()));  // as PendingId says
}

void Server::On(const Asker& asker, const CloseRequest& close) {
  Submit(asker, paxos::CloseSession{close.session}, Urgency::kGivesBack);
}

void Server::On(const Asker& asker, const ReadRequest& read) {
  const std::optional<PendingId> id = requests_.Add(PendingRequest{asker, read.query});
  if (!id) return Reply(asker, RetryReason::kOverloaded);
  node_.Read(now_, ReadId(id->value()));
}

void Server::On(const Asker& asker, const StatusRequest& /*status*/) {
  Reply(asker, DescribeNode());
}

void Server::Submit(const Asker& asker, const paxos::SessionCommand& command, Urgency urgency) {
  const std::optional<PendingId> id = requests_.Add(PendingRequest{asker});
  if (!id) return Reply(asker, RetryReason::kOverloaded);
  node_.Propose(now_, ProposalId(id->value()), paxos::EncodeCommand(command), urgency);
}

// A call that is still owed an answer here need not be proposed again: the newest connection that
// asked for it gets it.
void Server::SubmitCall(PendingRequest request, const paxos::SessionCommand& command,
                        Urgency urgency) {
  const Asker asker = request.asker;
  if (const std::optional<PendingId> pending = requests_.FindCall(*request.call())) {
    if (!requests_.Reattach(*pending, asker)) return Reply(asker, RetryReason::kOverloaded);
    if (requests_.Find(*pending)->waiting) Reply(asker, Waiting{});
    return;
  }
  const std::optional<PendingId> id = requests_.Add(std::move(request));
  if (!id) return Reply(asker, RetryReason::kOverloaded);
  node_.Propose(now_, ProposalId(id->value()), paxos::EncodeCommand(command), urgency);
}

// Ids of requests and of duties come from one counter, so that an outcome names one or the other; a
// number that no command took is skipped.
void Server::ProposeDuties() {
  for (;;) {
    const ProposalId id(requests_.NextId().value());
    const std::optional<paxos::SessionCommand> command =
        keeper_.NextCommand(id, now_, LeaderLogTime(), sessions_);
    if (!command) return;
    node_.Propose(now_, id, paxos::EncodeCommand(*command), Urgency::kDuty);
  }
}

// ---- what the node says ---------------------------------------------------------------------

// Late replies: a release grants another client's acquire, a cancel ends a wait, an end of a
// session everything of it. Whoever asked for that call here is told.
void Server::OnApplied(const paxos::ApplyContext& context, const paxos::Applied& applied) {
  applied_ = context.index;
  log_time_ = context.log_time;
  if (observer_ != nullptr) observer_->OnApplied(context, applied);
  for (const paxos::SessionReply& late : applied.session_replies) {
    const auto request = requests_.TakeCall(CallKey{late.session, late.seq});
    if (request) Reply(request->asker, DecodeResult(late.reply, context.index));
  }
}

void Server::OnProposal(const paxos::Done& outcome, const std::optional<std::string>& reply) {
  if (observer_ != nullptr) observer_->OnProposal(outcome, reply);
  if (keeper_.OnProposal(now_, outcome, reply)) return;
  if (const auto* chosen = std::get_if<paxos::ProposalChosen>(&outcome)) {
    OnChosen(PendingId(chosen->id.value()), chosen->index, reply);
  } else if (const auto* never = std::get_if<paxos::NeverProposed>(&outcome)) {
    AnswerNotDone(PendingId(never->id.value()), WhyRefused(never->why, never->leader_hint));
  } else if (const auto* superseded = std::get_if<paxos::Superseded>(&outcome)) {
    AnswerNotDone(PendingId(superseded->id.value()), RetryReason::kSuperseded);
  } else if (const auto* unknown = std::get_if<paxos::OutcomeUnknown>(&outcome)) {
    AnswerNotDone(PendingId(unknown->id.value()), RetryReason::kOutcomeUnknown);
  }
}

void Server::OnRead(const paxos::Done& outcome) {
  if (observer_ != nullptr) observer_->OnRead(outcome);
  if (const auto* refused = std::get_if<paxos::ReadRefused>(&outcome))
    return AnswerNotDone(PendingId(refused->id.value()),
                         WhyRefused(refused->why, refused->leader_hint));
  const auto& ready = std::get<paxos::ReadReady>(outcome);
  const auto request = requests_.Take(PendingId(ready.id.value()));
  if (!request) return;
  Reply(request->asker, ReadResult{Answer(std::get<Query>(request->subject)), applied_,
                                   LeaderLogTime().value_or(log_time_)});
}

void Server::OnRole() {
  if (observer_ != nullptr) observer_->OnRole();
  const bool is_leading = IsLeading();
  if (was_leading_ && !is_leading) AnswerAllNotLeader();
  was_leading_ = is_leading;
}

void Server::OnFailed(const paxos::Status& why) {
  if (observer_ != nullptr) observer_->OnFailed(why);
  AnswerAllNotLeader();
}

// ---- answers --------------------------------------------------------------------------------

// Without a reply the call waits; it was answered already if a later command of the same turn
// ended its wait. Whoever does not wait for it any more asks again.
void Server::OnChosen(PendingId id, CommandIndex index, const std::optional<std::string>& reply) {
  PendingRequest* request = requests_.Find(id);
  if (request == nullptr) return;
  if (!reply && !request->IsOrphan()) {
    const Asker asker = request->asker;
    if (requests_.Park(id)) return Reply(asker, Waiting{});
    return Reply(asker, RetryReason::kWaitsUnwatched);
  }
  const std::optional<PendingRequest> taken = requests_.Take(id);
  if (reply) Reply(taken->asker, DecodeResult(*reply, index));
}

void Server::AnswerNotDone(PendingId id, ResponseBody body) {
  const auto request = requests_.Take(id);
  if (request) Reply(request->asker, std::move(body));
}

void Server::AnswerKeepAlives() {
  for (const paxos::KeepAliveAnswer& answer : keeper_.TakeAnswers()) {
    const auto request = requests_.Take(PendingId(answer.tag.value()));
    if (!request) continue;
    switch (answer.outcome) {
      case paxos::KeepAliveOutcome::kAlive:
        Reply(request->asker, Result{paxos::SessionsRenewed{{answer.session}}, answer.index});
        break;
      case paxos::KeepAliveOutcome::kExpired:
        Reply(request->asker, Result{paxos::SessionError::kExpired, answer.index});
        break;
      case paxos::KeepAliveOutcome::kRetry:
        Reply(request->asker, RetryReason::kOutcomeUnknown);
        break;
    }
  }
}

// What the node still reports of these later finds nobody to answer.
void Server::AnswerAllNotLeader() {
  keeper_.OnLeadershipLost();
  const NotLeader not_leader = WhereToAsk(node_.replica().leader_hint());
  for (const PendingRequest& request : requests_.TakeAll()) Reply(request.asker, not_leader);
}

void Server::Reply(const Asker& asker, ResponseBody body) {
  if (asker.connection == ConnectionId{}) return;  // an orphan's
  responses_.push_back({asker.connection, Response{asker.request, std::move(body)}});
}

ResponseBody Server::WhyRefused(paxos::Refusal why, std::optional<NodeId> leader) const {
  switch (why) {
    case paxos::Refusal::kNotLeader:
      return WhereToAsk(leader);
    case paxos::Refusal::kOverloaded:
      return RetryReason::kOverloaded;
    case paxos::Refusal::kTooLarge:
      return Refused{"the command does not fit one slot of the log"};
  }
  return RetryReason::kOutcomeUnknown;
}

// A node that hears itself named does not know better than its client.
NotLeader Server::WhereToAsk(std::optional<NodeId> leader) const {
  if (!leader || *leader == options_.replica.self) return NotLeader{};
  const auto known = options_.nodes.find(*leader);
  if (known == options_.nodes.end()) return NotLeader{leader};
  return NotLeader{leader, known->second.client_address};
}

// ---- what it is like ------------------------------------------------------------------------

QueryReply Server::Answer(const Query& query) const {
  QueryReply reply = locks_.Answer(query);
  if (auto* view = std::get_if<SessionView>(&reply))
    view->alive = sessions_.IsAlive(std::get<GetSession>(query).session);
  if (auto* totals = std::get_if<Totals>(&reply)) totals->sessions = sessions_.size();
  return reply;
}

StatusResult Server::DescribeNode() const {
  const paxos::Replica& replica = node_.replica();
  StatusResult status;
  status.node = options_.replica.self;
  status.name = options_.nodes.at(status.node).name;
  status.role = node_.failed()                              ? "failed"
                : replica.IsLeading()                       ? "leader"
                : replica.proposer().preparing() != nullptr ? "candidate"
                                                            : "follower";
  status.leader = replica.IsLeading() ? std::optional(status.node) : replica.leader_hint();
  if (status.leader) {
    const auto leader = options_.nodes.find(*status.leader);
    if (leader != options_.nodes.end()) status.leader_address = leader->second.client_address;
  }
  status.promised = replica.acceptor().promised();
  status.chosen_prefix = replica.learner().prefix();
  status.applied = applied_;
  status.durable = node_.durable();
  status.log_bytes = replica.learner().log_bytes();
  status.log_time = log_time_;
  status.sessions = sessions_.size();
  status.connections = connections_;
  return status;
}

std::optional<paxos::LogTime> Server::LeaderLogTime() const {
  if (node_.failed()) return std::nullopt;
  return node_.replica().LeaderLogTime(now_);
}

bool Server::IsLeading() const { return !node_.failed() && node_.replica().IsLeading(); }

}  // namespace lockservice
