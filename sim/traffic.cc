#include "sim/traffic.h"

#include <utility>

#include "paxos/check.h"

namespace paxos::sim {
namespace {

// Of what is said again: roles that come and go within one turn begin their waits anew.
constexpr std::uint64_t kSlack = 2;

}  // namespace

Traffic::Traffic(std::size_t nodes, const ReplicaOptions& options, const NodeViews& views)
    : nodes_(nodes), options_(options), views_(views), processes_(nodes) {
  for (Process& each : processes_) each.talks.resize(nodes);
}

Traffic::Talk& Traffic::TalkOf(NodeId node, NodeId peer) {
  return processes_[node.value() - 1].talks[peer.value() - 1];
}

// What an earlier life was asked is lost.
void Traffic::OnStart(NodeId node, const DiskImage& /*image*/) {
  Process& process = processes_[node.value() - 1];
  process = Process{std::vector<Talk>(nodes_), {}, {}};
}

void Traffic::OnConnected(NodeId node, NodeId peer) { ++TalkOf(node, peer).connections; }

void Traffic::OnLead(NodeId node, const Ballot& /*ballot*/) {
  processes_[node.value() - 1].fetches = Pace{};
}

void Traffic::OnArrive(const Envelope& envelope) {
  if (envelope.from == envelope.to || !IsMember(envelope.from)) return;
  auto& asked = TalkOf(envelope.to, envelope.from).asked;
  if (std::holds_alternative<PreVote>(envelope.message)) ++asked[kPreVote];
  if (std::holds_alternative<Prepare>(envelope.message)) ++asked[kPrepare];
  if (std::holds_alternative<Accept>(envelope.message)) ++asked[kAccept];
  if (std::holds_alternative<Heartbeat>(envelope.message)) ++asked[kHeartbeat];
  if (std::holds_alternative<FetchChosen>(envelope.message)) ++asked[kFetch];
  if (std::holds_alternative<AskReadIndex>(envelope.message)) ++asked[kRead];
}

void Traffic::OnSend(const Envelope& envelope) {
  std::visit([&](const auto& message) { Say(envelope, message); }, envelope.message);
}

// ---- answers --------------------------------------------------------------------------------

void Traffic::Answer(const Envelope& envelope, Question question) {
  Talk& talk = TalkOf(envelope.from, envelope.to);
  PAXOS_CHECK("INV-23", ++talk.answered[question] <= talk.asked[question], envelope,
              talk.asked[question]);
}

// It does not say which of them it answers.
void Traffic::Say(const Envelope& envelope, const Preempted& /*preempted*/) {
  Talk& talk = TalkOf(envelope.from, envelope.to);
  std::uint64_t left = 0;
  for (const Question each : {kPrepare, kAccept, kHeartbeat})
    left += talk.asked[each] - talk.answered[each];
  PAXOS_CHECK("INV-23", ++talk.refused <= left, envelope, left);
}

void Traffic::Say(const Envelope& envelope, const Promise& promise) {
  Answer(envelope, kPrepare);
  const std::size_t slots_max = std::size_t{2} * options_.alpha;
  PAXOS_CHECK("INV-23", promise.accepted.size() <= slots_max, envelope.from, promise);
}

void Traffic::Say(const Envelope& envelope, const ChosenRange& range) {
  Answer(envelope, kFetch);
  std::size_t bytes = 0;
  for (const ChosenEntry& each : range.entries) bytes += EncodedSizeBound(*each.entry);
  PAXOS_CHECK("INV-23", bytes <= options_.fetch_bytes_max || range.entries.size() == 1,
              envelope.from, bytes, range);
}

// ---- questions ------------------------------------------------------------------------------

bool Traffic::MaySay(NodeId sender, std::uint64_t connections, Duration wait, Pace& pace) const {
  if (pace.said++ == 0) {
    pace.since = views_.told_before(sender).local;
    pace.connections = connections;
    return true;
  }
  const auto waits = static_cast<std::uint64_t>((views_.clock(sender) - pace.since) / wait);
  return pace.said <= 1 + kSlack + waits + (connections - pace.connections);
}

bool Traffic::IsOneBatch(const SharedEntry& entry) const {
  return entry->commands.size() <= options_.batch_commands_max &&
         EncodedSizeBound(*entry) <= options_.batch_bytes_max;
}

void Traffic::Say(const Envelope& envelope, const Prepare& prepare) {
  Talk& talk = TalkOf(envelope.from, envelope.to);
  PAXOS_CHECK("INV-23", prepare.ballot > talk.prepared, envelope, talk.prepared);
  talk.prepared = prepare.ballot;
}

Traffic::Talk& Traffic::TalkIn(const Ballot& ballot, const Envelope& envelope) {
  Talk& talk = TalkOf(envelope.from, envelope.to);
  if (talk.ballot == ballot) return talk;
  talk.ballot = ballot;
  talk.round = 0;
  talk.beats = Pace{};
  talk.accepts.clear();
  return talk;
}

void Traffic::Say(const Envelope& envelope, const Accept& accept) {
  Talk& talk = TalkIn(accept.ballot, envelope);
  talk.accepts.erase(talk.accepts.begin(), talk.accepts.upper_bound(accept.chosen_prefix));
  Pace& pace = talk.accepts[accept.slot];
  PAXOS_CHECK("INV-23", pace.said > 0 || IsOneBatch(accept.entry), envelope.from, accept);
  const bool may_say = MaySay(envelope.from, talk.connections, options_.retransmit_interval, pace);
  PAXOS_CHECK("INV-23", may_say, envelope, pace.said);
}

void Traffic::Say(const Envelope& envelope, const Heartbeat& heartbeat) {
  Talk& talk = TalkIn(heartbeat.ballot, envelope);
  PAXOS_CHECK("INV-23", heartbeat.round > talk.round, envelope, talk.round);
  talk.round = heartbeat.round;
  PAXOS_CHECK("INV-23", heartbeat.durable.size() <= nodes_, envelope);
  const bool is_timed = !heartbeat.durable.empty();  // whoever leads has heard a quorum's promises
  if (!is_timed) return;
  const bool may_say = MaySay(envelope.from, 0, options_.heartbeat_interval, talk.beats);
  PAXOS_CHECK("INV-23", may_say, envelope, talk.beats.said);
}

void Traffic::Say(const Envelope& envelope, const FetchChosen& fetch) {
  Process& process = processes_[envelope.from.value() - 1];
  PAXOS_CHECK("INV-23", fetch.first >= process.fetched, envelope, process.fetched);
  if (std::exchange(process.fetched, fetch.first) != fetch.first) process.fetches = Pace{};
  const bool may_say = MaySay(envelope.from, 0, options_.retransmit_interval, process.fetches);
  PAXOS_CHECK("INV-23", may_say, envelope, process.fetches.said);
}

}  // namespace paxos::sim
