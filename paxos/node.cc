#include "paxos/node.h"

#include <utility>

#include "paxos/check.h"

namespace paxos {
namespace {

constexpr std::size_t kReplayBytes = 4 * 1024 * 1024;

}  // namespace

Node::Node(const ReplicaOptions& options, Storage& storage, Transport& transport,
           StateMachine& machine, NodeEvents& events)
    : options_(options),
      storage_(storage),
      transport_(transport),
      machine_(machine),
      events_(events) {}

Status Node::Start(Instant now, const std::function<void(Slot at, Slot of)>& replay_progress) {
  if (Status valid = options_.Validate(); !valid.ok()) return valid;
  Result<DurableState> durable = storage_.Recover();
  if (!durable.has_value()) return durable.error().Annotate("recover");
  now_ = now;
  durable_ = durable->persisted;
  replica_.emplace(options_, *durable, now);
  return Replay(replay_progress);
}

Status Node::Replay(const std::function<void(Slot at, Slot of)>& progress) {
  const Slot prefix = replica_->learner().prefix();
  while (replica_->learner().delivered() < prefix) {
    const Slot next = replica_->learner().delivered().next();
    auto chosen = storage_.ReadChosen(next, prefix, kReplayBytes);
    if (!chosen.has_value()) return chosen.error().Annotate("replay");
    if (chosen->empty() || chosen->front().slot != next)
      return {ErrorCode::kDamaged, "replay: slot " + std::to_string(next.value()) + " is missing"};
    for (const ChosenEntry& entry : *chosen) ApplyDelivery(replica_->Replay(entry));
    replies_.clear();
    if (progress) progress(replica_->learner().delivered(), prefix);
  }
  return Status::Ok();
}

// ---- inputs ---------------------------------------------------------------------------------

void Node::Receive(Instant now, const Envelope& envelope) {
  now_ = now;
  if (TakesInput()) replica_->Receive(now, envelope);
}

void Node::OnTime(Instant now) {
  now_ = now;
  if (TakesInput()) replica_->OnTime(now);
}

void Node::Propose(Instant now, ProposalId id, Command command, Urgency urgency) {
  now_ = now;
  if (TakesInput()) replica_->Propose(now, id, std::move(command), urgency);
}

void Node::Read(Instant now, ReadId id) {
  now_ = now;
  if (TakesInput()) replica_->Read(now, id);
}

void Node::OnLinkUp(Instant now, NodeId peer) {
  now_ = now;
  if (TakesInput()) replica_->OnLinkUp(now, peer);
}

void Node::OnLinkDown(Instant now, NodeId peer) {
  now_ = now;
  if (TakesInput()) replica_->OnLinkDown(now, peer);
}

void Node::Campaign(Instant now) {
  now_ = now;
  if (TakesInput()) replica_->Campaign(now);
}

void Node::Resign(Instant now) {
  now_ = now;
  if (TakesInput()) replica_->Resign(now);
}

void Node::OnDurable(PersistSeq seq) {
  if (!TakesInput() || seq <= durable_) return;
  durable_ = seq;
}

// [D2] Final: what waits for the disk never leaves, and nothing is written again.
void Node::OnWriteFailed(const Status& why) {
  if (failed()) return;
  failure_ = why;
  gated_.clear();
  to_self_.clear();
}

// ---- the end of a turn ----------------------------------------------------------------------

// The one place where a replica's wishes are carried out, in the one order that is safe.
// [D1] A message that attests something leaves through OpenGate, once the disk holds it.
void Node::Drain(Instant now) {
  if (!replica_) return;
  now_ = now;
  if (!failed()) replica_->OnDurable(now_, durable_);
  for (bool is_quiet = false; !is_quiet && !failed();) {
    OpenGate();
    DeliverToSelf();
    Output output = replica_->TakeOutput();
    is_quiet = output.empty();
    Persist(output);
    Send(output);
    Serve(output);
    if (ReportRole()) is_quiet = false;  // before the outcomes that follow from it
    Apply(output);
    Report(output);
    if (!to_self_.empty()) is_quiet = false;
  }
  ReportFailure();
}

void Node::Persist(Output& output) {
  if (!output.persist.empty()) storage_.Write(std::move(output.persist), output.persist_seq);
}

void Node::Send(Output& output) {
  for (Outgoing& outgoing : output.send) {
    const bool must_wait = outgoing.after > durable_;
    if (must_wait)
      gated_.push_back(std::move(outgoing));
    else
      Depart(std::move(outgoing));
  }
}

void Node::OpenGate() {
  while (!gated_.empty() && gated_.front().after <= durable_) {
    if (!IsGivenUp(gated_.front())) Depart(std::move(gated_.front()));
    gated_.pop_front();
  }
}

// The Prepare of a campaign that ended while the disk was busy would only depose whoever leads now.
bool Node::IsGivenUp(const Outgoing& outgoing) const {
  const auto* prepare = std::get_if<Prepare>(&outgoing.message);
  if (prepare == nullptr) return false;
  const Preparing* preparing = replica_->proposer().preparing();
  return preparing == nullptr || preparing->ballot != prepare->ballot;
}

void Node::Depart(Outgoing outgoing) {
  Envelope envelope{options_.self, outgoing.to, durable_, std::move(outgoing.message)};
  if (outgoing.to == options_.self)
    to_self_.push_back(std::move(envelope));
  else
    transport_.Send(std::move(envelope));
}

void Node::DeliverToSelf() {
  for (; !to_self_.empty(); to_self_.pop_front()) replica_->Receive(now_, to_self_.front());
}

void Node::Serve(const Output& output) {
  for (const ServeChosen& wish : output.serve) {
    auto chosen = storage_.ReadChosen(wish.first, wish.last, options_.fetch_bytes_max);
    if (!chosen.has_value() && chosen.error().code() != ErrorCode::kNotFound)
      return OnWriteFailed(chosen.error().Annotate("serve a peer"));  // a damaged disk abstains
    if (!chosen.has_value() || chosen->empty()) continue;  // its mark is on the way; asked again
    Depart(Outgoing{wish.to, {}, ChosenRange{std::move(*chosen)}});
  }
}

void Node::Apply(const Output& output) {
  replies_.clear();
  for (const Delivery& delivery : output.apply) ApplyDelivery(delivery);
}

void Node::ApplyDelivery(const Delivery& delivery) {
  if (delivery.standing == EntryStanding::kVoid) return;  // [V1]
  std::uint64_t nth = 0;
  for (const Command& command : delivery.entry->commands) {
    const ApplyContext context{delivery.first_index + nth++, delivery.log_time};
    Applied applied = machine_.Apply(context, command);
    events_.OnApplied(context, applied);
    replies_.push_back(Reply{context.index, std::move(applied.reply)});
  }
}

void Node::Report(const Output& output) {
  for (const Done& done : output.done) ReportOne(done);
}

void Node::ReportOne(const Done& done) {
  if (std::holds_alternative<ReadReady>(done) || std::holds_alternative<ReadRefused>(done))
    return events_.OnRead(done);
  const auto* chosen = std::get_if<ProposalChosen>(&done);
  if (chosen == nullptr) return events_.OnProposal(done, std::nullopt);
  const CommandIndex first = replies_.empty() ? CommandIndex{} : replies_.front().index;
  const bool is_of_this_turn = chosen->index >= first && chosen->index - first < replies_.size();
  PAXOS_CHECK("C2", is_of_this_turn, done, first);
  const Reply& reply = replies_[chosen->index - first];
  events_.OnProposal(done, reply.text);
}

bool Node::ReportRole() {
  const Leading* leading = replica_->proposer().leading();
  const auto now_leading = leading == nullptr ? std::nullopt : std::optional(leading->ballot);
  if (now_leading == reported_leading_) return false;
  reported_leading_ = now_leading;
  events_.OnRole();
  return true;
}

void Node::ReportFailure() {
  if (failed() && !std::exchange(is_failure_reported_, true)) events_.OnFailed(*failure_);
}

Instant Node::next_wakeup() const { return TakesInput() ? replica_->next_wakeup() : kNever; }

}  // namespace paxos
