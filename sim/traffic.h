// What nodes say to each other, counted. INV-23: no message without a cause, so that a loss, a slow
// link or a peer that asks again cannot grow into a storm.
//
//  - an answer has its question: no more Accepted leave than Accepts came, and so on;
//  - a question is asked once: a Prepare never again, an Accept once per wait for its answer (by
//    the sender's own clock) and per new connection, a fetch and a timed heartbeat once per wait;
//  - its size is bounded: 2 alpha slots in a Promise, one batch in a slot, `fetch_bytes_max` in a
//    ChosenRange.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "paxos/options.h"
#include "sim/observer.h"

namespace paxos::sim {

class Traffic final : public Observer {
 public:
  // Among nodes 1..`nodes`, each set up by `options`. `views` must outlive it.
  Traffic(std::size_t nodes, const ReplicaOptions& options, const NodeViews& views);

  void OnStart(NodeId node, const DiskImage& image) override;
  void OnArrive(const Envelope& envelope) override;
  void OnConnected(NodeId node, NodeId peer) override;
  void OnSend(const Envelope& envelope) override;
  void OnLead(NodeId node, const Ballot& ballot) override;

 private:
  enum Question : std::size_t {
    kPreVote,
    kPrepare,
    kAccept,
    kHeartbeat,
    kFetch,
    kRead,
    kQuestions
  };
  // How often something was said, since when, and how many connections there had been by then.
  struct Pace {
    Instant since{};
    std::uint64_t said = 0;
    std::uint64_t connections = 0;
  };
  // Of one process with one peer.
  struct Talk {
    std::array<std::uint64_t, kQuestions> asked{};  // by the peer
    std::array<std::uint64_t, kQuestions> answered{};
    std::uint64_t refused = 0;  // Prepares, Accepts and Heartbeats, by a Preempted
    std::uint64_t connections = 0;
    Ballot prepared{};
    Ballot ballot{};  // in which the process leads: what follows is of it
    std::uint64_t round = 0;
    Pace beats{};
    std::map<Slot, Pace> accepts{};
  };
  struct Process {
    std::vector<Talk> talks{};  // [peer - 1]
    Slot fetched{};
    Pace fetches{};  // from there on
  };

  [[nodiscard]] bool IsMember(NodeId node) const { return node.value() <= nodes_; }
  Talk& TalkOf(NodeId node, NodeId peer);
  // The same, of a leader: what belongs to an earlier ballot is forgotten.
  Talk& TalkIn(const Ballot& ballot, const Envelope& envelope);
  // May `sender` say it once more, if one that waits does so every `wait`?
  [[nodiscard]] bool MaySay(NodeId sender, std::uint64_t connections, Duration wait,
                            Pace& pace) const;
  [[nodiscard]] bool IsOneBatch(const SharedEntry& entry) const;
  void Answer(const Envelope& envelope, Question question);

  void Say(const Envelope& envelope, const Prepare& prepare);
  void Say(const Envelope& envelope, const Accept& accept);
  void Say(const Envelope& envelope, const Heartbeat& heartbeat);
  void Say(const Envelope& envelope, const FetchChosen& fetch);
  void Say(const Envelope& envelope, const Promise& promise);
  void Say(const Envelope& envelope, const ChosenRange& range);
  void Say(const Envelope& envelope, const Preempted& preempted);
  void Say(const Envelope& envelope, const PreVoteReply&) { Answer(envelope, kPreVote); }
  void Say(const Envelope& envelope, const Accepted&) { Answer(envelope, kAccept); }
  void Say(const Envelope& envelope, const HeartbeatAck&) { Answer(envelope, kHeartbeat); }
  void Say(const Envelope& envelope, const ReadIndex&) { Answer(envelope, kRead); }
  void Say(const Envelope& /*envelope*/, const PreVote&) {}
  void Say(const Envelope& /*envelope*/, const AskReadIndex&) {}

  std::size_t nodes_;
  ReplicaOptions options_;
  const NodeViews& views_;
  std::vector<Process> processes_;  // [node - 1]
};

}  // namespace paxos::sim
