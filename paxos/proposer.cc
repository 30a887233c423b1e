#include "paxos/proposer.h"

#include <algorithm>
#include <utility>

#include "paxos/check.h"

namespace paxos {
namespace {

// What a command adds to its entry, as EncodedSizeBound counts.
std::size_t CommandBytes(const Command& command) { return command.size() + 5; }

const std::size_t kEmptyEntryBytes = EncodedSizeBound(Entry{});

}  // namespace

Proposer::Proposer(const ReplicaOptions& options, const DurableState& durable)
    : options_(options), ballot_used_(durable.ballot_used) {}

Ballot Proposer::NextBallot(const Ballot& highest_seen) const {
  const std::uint64_t round = std::max(highest_seen.round, ballot_used_.round);
  return Ballot{round + 1, options_.self};
}

BallotUsedRecord Proposer::StartCampaign(const Ballot& highest_seen) {
  PAXOS_CHECK("P0", IsIdle(), ballot_used_);
  ballot_used_ = NextBallot(highest_seen);
  role_ = Preparing{.ballot = ballot_used_};
  return BallotUsedRecord{ballot_used_};
}

void Proposer::OnPromise(NodeId from, const Promise& promise) {
  auto* preparing = std::get_if<Preparing>(&role_);
  if (preparing == nullptr || promise.ballot != preparing->ballot) return;
  if (!preparing->promises.Add(options_.membership, from)) return;
  preparing->known_chosen[from] = KnownChosen{promise.chosen_prefix, promise.forgotten};
  for (const AcceptedEntry& reported : promise.accepted) {
    AcceptedEntry& best = preparing->recovered[reported.slot];
    if (reported.ballot > best.ballot) best = reported;  // [P1] the highest ballot for that slot
  }
}

bool Proposer::HasPromiseQuorum() const {
  const Preparing* p = preparing();
  return p != nullptr && p->promises.IsQuorum(options_.membership);
}

Slot Proposer::PrefixToLearn() const {
  Slot highest{};
  for (const auto& [node, known] : std::get<Preparing>(role_).known_chosen)
    highest = std::max(highest, known.prefix);
  return highest;
}

std::optional<NodeId> Proposer::WhoKnowsBeyond(Slot prefix) const {
  for (const auto& [node, known] : std::get<Preparing>(role_).known_chosen)
    if (known.prefix > prefix && known.forgotten <= prefix) return node;
  return std::nullopt;
}

// Fills the slots that phase 1 found something at or below: with the entry found, or with a no-op
// where a quorum showed none [P1]. A no-op's ballot voids the leftovers behind it [V1], and its
// stamp does not move time.
void Proposer::Lead(Slot prefix, LogTime log_time) {
  PAXOS_CHECK("P1", HasPromiseQuorum() && prefix >= PrefixToLearn(), prefix);
  Preparing past = std::get<Preparing>(std::move(role_));
  past.recovered.erase(past.recovered.begin(), past.recovered.upper_bound(prefix));
  Leading lead{.ballot = past.ballot, .first_slot = prefix.next(), .next_slot = prefix.next()};
  lead.last_recovered = past.recovered.empty() ? prefix : past.recovered.rbegin()->first;
  lead.log_time_then = log_time;
  const SharedEntry no_op(Entry{lead.ballot, log_time, {}});
  for (Slot slot = lead.first_slot; slot <= lead.last_recovered; ++slot) {
    const auto found = past.recovered.find(slot);
    lead.recovered.emplace(slot, found == past.recovered.end() ? no_op : found->second.entry);
  }
  role_ = std::move(lead);
}

// [T1] Not at Lead: an entry recovered then may turn out void, because a node that this quorum did
// not show has one of a ballot in between, and a stamp that counts from it would make time leap.
// Nor before an own entry is chosen: an older ballot could still be counting the same real time.
// Once one is, everything below it is settled, and what comes later in an older ballot is void
// [V1].
void Proposer::StartClock(Instant now, Slot prefix, LogTime log_time) {
  auto* lead = std::get_if<Leading>(&role_);
  if (lead == nullptr || lead->since || prefix <= lead->last_recovered) return;
  lead->log_time_then = log_time;
  lead->since = now;
}

std::optional<Refusal> Proposer::Propose(ProposalId id, Command command, Urgency urgency) {
  const std::size_t bytes = CommandBytes(command);
  if (kEmptyEntryBytes + bytes > options_.batch_bytes_max) return Refusal::kTooLarge;
  const bool is_full = queue_bytes_ + bytes > options_.pending_bytes_max ||
                       queue_.size() >= options_.pending_commands_max;
  if (is_full && urgency != Urgency::kDuty) return Refusal::kOverloaded;
  queue_bytes_ += bytes;
  queue_.push_back(Queued{id, std::move(command)});
  return std::nullopt;
}

bool Proposer::HasRoom(const Leading& leading, Slot prefix) const {
  return leading.next_slot - prefix <= options_.alpha;  // [M1]
}

void Proposer::OpenSlots(Instant now, Slot prefix) {
  auto* lead = std::get_if<Leading>(&role_);
  if (lead == nullptr) return;
  while (!lead->recovered.empty() && HasRoom(*lead, prefix)) {
    auto oldest = lead->recovered.extract(lead->recovered.begin());
    Open(now, std::move(oldest.mapped()), {});
  }
  while (lead->recovered.empty() && !queue_.empty() && HasRoom(*lead, prefix)) {
    const bool fits = lead->window_bytes + NextBatchBytes() <= options_.window_bytes_max;
    if (!fits && !lead->window.empty()) return;
    OpenNextBatch(now);
  }
}

void Proposer::BeginIfIdle(Instant now, Slot prefix) {
  const Leading* lead = leading();
  if (lead == nullptr || !lead->recovered.empty() || !queue_.empty()) return;
  const bool has_begun = lead->next_slot > lead->last_recovered.next();
  if (has_begun || !HasRoom(*lead, prefix)) return;
  Open(now, SharedEntry(Entry{lead->ballot, StampAt(now), {}}), {});
}

std::size_t Proposer::NextBatchBytes() const {
  return std::min(kEmptyEntryBytes + queue_bytes_, options_.batch_bytes_max);
}

void Proposer::OpenNextBatch(Instant now) {
  const Leading& lead = std::get<Leading>(role_);
  Entry entry{lead.ballot, StampAt(now), {}};
  std::vector<ProposalId> callers;
  std::size_t bytes = kEmptyEntryBytes;
  while (!queue_.empty() && callers.size() < options_.batch_commands_max) {
    const std::size_t more = CommandBytes(queue_.front().command);
    if (bytes + more > options_.batch_bytes_max) break;
    bytes += more;
    queue_bytes_ -= more;
    callers.push_back(queue_.front().id);
    entry.commands.push_back(std::move(queue_.front().command));
    queue_.pop_front();
  }
  Open(now, SharedEntry(std::move(entry)), std::move(callers));
}

void Proposer::Open(Instant now, SharedEntry entry, std::vector<ProposalId> callers) {
  Leading& lead = std::get<Leading>(role_);
  const Slot slot = lead.next_slot;
  sendings_.push_back(Sending{NodeId{}, slot, entry});
  lead.window_bytes += EncodedSizeBound(*entry);
  const bool is_new =
      lead.window.emplace(slot, InFlight{std::move(entry), {}, now, 0, std::move(callers)}).second;
  PAXOS_CHECK("P2", is_new, slot, lead.ballot);
  ++lead.next_slot;
}

std::optional<ChosenEntry> Proposer::OnAccepted(NodeId from, const Accepted& accepted) {
  auto* lead = std::get_if<Leading>(&role_);
  if (lead == nullptr || accepted.ballot != lead->ballot) return std::nullopt;
  const auto found = lead->window.find(accepted.slot);
  if (found == lead->window.end()) return std::nullopt;
  InFlight& flight = found->second;
  const bool was_chosen = flight.votes.IsQuorum(options_.membership);
  flight.votes.Add(options_.membership, from);
  if (was_chosen || !flight.votes.IsQuorum(options_.membership)) return std::nullopt;
  return ChosenEntry{accepted.slot, flight.entry};
}

std::vector<SlotCallers> Proposer::Finish(Slot prefix) {
  std::vector<SlotCallers> finished;
  auto* lead = std::get_if<Leading>(&role_);
  if (lead == nullptr) return finished;
  auto& window = lead->window;
  for (auto it = window.begin(); it != window.end() && it->first <= prefix; it = window.erase(it)) {
    lead->window_bytes -= EncodedSizeBound(*it->second.entry);
    finished.push_back(SlotCallers{it->first, std::move(it->second.callers)});
  }
  return finished;
}

void Proposer::Retransmit(Instant now) {
  auto* lead = std::get_if<Leading>(&role_);
  if (lead == nullptr) return;
  for (auto& [slot, flight] : lead->window) {
    if (now - flight.sent < RetransmitWait(flight)) continue;
    if (flight.votes.IsQuorum(options_.membership)) continue;
    flight.sent = now;
    ++flight.resent;
    for (const NodeId voter : options_.membership.voters())
      if (!flight.votes.Has(options_.membership, voter))
        sendings_.push_back(Sending{voter, slot, flight.entry});
  }
}

Duration Proposer::RetransmitWait(const InFlight& flight) const {
  Duration wait = options_.retransmit_interval;
  for (std::uint32_t i = 0; i < flight.resent && wait < 2 * options_.election_timeout_max; ++i)
    wait *= 2;
  return wait;
}

void Proposer::SendAgainTo(NodeId voter) {
  const Leading* lead = leading();
  if (lead == nullptr || voter == options_.self || !options_.membership.Lists(voter)) return;
  for (const auto& [slot, flight] : lead->window) {
    const bool is_done =
        flight.votes.IsQuorum(options_.membership) || flight.votes.Has(options_.membership, voter);
    if (!is_done) sendings_.push_back(Sending{voter, slot, flight.entry});
  }
}

Proposer::Remains Proposer::StepDown() {
  Remains remains;
  if (auto* lead = std::get_if<Leading>(&role_)) {
    remains.ballot = lead->ballot;
    for (auto& [slot, flight] : lead->window)
      remains.proposed.push_back(SlotCallers{slot, std::move(flight.callers)});
  }
  for (const Queued& queued : queue_) remains.queued.push_back(queued.id);
  queue_.clear();
  queue_bytes_ = 0;
  sendings_.clear();
  role_ = Idle{};
  return remains;
}

std::vector<Proposer::Sending> Proposer::TakeSendings() { return std::exchange(sendings_, {}); }

LogTime Proposer::StampAt(Instant now) const {
  const Leading& lead = std::get<Leading>(role_);
  return lead.since ? lead.log_time_then + (now - *lead.since) : lead.log_time_then;
}

std::size_t Proposer::bytes_held() const {
  const Leading* lead = leading();
  return queue_bytes_ + (lead == nullptr ? 0 : lead->window_bytes);
}

}  // namespace paxos
