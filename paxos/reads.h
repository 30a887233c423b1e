// Linearizable reads without a log entry (rule R1; PMMC 4.3, read-index).
//
// A leader may answer from its state once it knows that nobody had overtaken it when the read was
// asked: a quorum acknowledges its ballot in a heartbeat round that began after the question. One
// round serves every read that waited for it. The tag is (ballot, round): the ballot belongs to one
// life of one process, so no ack of an earlier leader, retry or life can be counted.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "paxos/options.h"
#include "paxos/output.h"
#include "paxos/quorum.h"

namespace paxos {

// Who asked: this node's owner, or a follower on behalf of its own.
struct ReadAsked {
  NodeId by{};
  ReadTag tag{};
  friend bool operator==(const ReadAsked&, const ReadAsked&) = default;
};
template <class Archive>
void serialize(Archive& ar, ReadAsked& r, unsigned /*version*/) {
  ar& Named("by", r.by) & Named("tag", r.tag);
}

class Reads {
 public:
  explicit Reads(const ReplicaOptions& options) : options_(options) {}

  std::optional<Refusal> Ask(const ReadAsked& read);

  // Reads wait, and no round is out that could confirm any: begin one at once.
  [[nodiscard]] bool WantsRound() const;
  // A round begins: what waits is tagged with it. Returns the round's number.
  std::uint64_t BeginRound();
  // `from` acknowledged `round` of the current ballot. An ack confirms earlier rounds as well.
  void OnAck(NodeId from, std::uint64_t round);

  // The reads whose round a quorum confirmed, while `may_serve` (the prefix covers what phase 1
  // recovered); once each.
  std::vector<ReadAsked> TakeConfirmed(bool may_serve);

  // Leadership ended: all that still wait.
  std::vector<ReadAsked> Abandon();

  friend bool operator==(const Reads&, const Reads&) = default;
  template <class Archive>
  friend void serialize(Archive& ar, Reads& r, unsigned /*version*/) {
    ar& Named("round", r.round_) & Named("acked", r.acked_) & Named("waiting", r.waiting_) &
        Named("tagged", r.tagged_) & Named("count", r.count_);
  }

 private:
  struct Round {
    std::uint64_t number = 0;
    std::vector<ReadAsked> reads{};
    friend bool operator==(const Round&, const Round&) = default;
    template <class Archive>
    friend void serialize(Archive& ar, Round& r, unsigned /*version*/) {
      ar& Named("number", r.number) & Named("reads", r.reads);
    }
  };
  [[nodiscard]] bool IsConfirmed(std::uint64_t round) const;

  ReplicaOptions options_;
  std::uint64_t round_ = 0;
  std::map<NodeId, std::uint64_t> acked_;  // the highest round each voter acknowledged
  std::vector<ReadAsked> waiting_;         // for the next round to begin
  std::deque<Round> tagged_;               // for their round to be confirmed
  std::size_t count_ = 0;                  // of both
};

}  // namespace paxos
