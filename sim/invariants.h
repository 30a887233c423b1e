// The invariants of consensus, checked at every event. A broken one is a failed check whose tag is
// the invariant's (INV-1 ...); the run ends there.
//
// INV-7 is checked here: what a node learns is chosen, and what it stores for a slot that it says
// is chosen is the chosen value; so is what it tells others. INV-23's window as well: no slot is
// proposed more than alpha beyond the prefix that its leader knows [M1], and none is reported more
// than twice that beyond its acceptor's [P3]. And of INV-21, that nobody outside the membership is
// answered.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/choices.h"
#include "sim/global_log.h"
#include "sim/observer.h"
#include "sim/promises.h"

namespace paxos::sim {

class Invariants final : public Observer {
 public:
  struct Options {
    std::size_t nodes = 0;
    std::uint64_t alpha = 0;
    // How much faster than true time a node's clock may run; none: by anything.
    std::optional<Clock::PartsPerMillion> drift_max{};
  };
  // `views` must outlive the invariants.
  Invariants(const Options& options, const NodeViews& views);

  void OnStart(NodeId node, const DiskImage& image) override;
  void OnSend(const Envelope& envelope) override;
  void OnLead(NodeId node, const Ballot& ballot) override;
  void OnWrite(NodeId node, const std::vector<Record>& batch, PersistSeq seq) override;
  void OnStored(NodeId node, const std::vector<Record>& batch, PersistSeq seq) override;
  void OnApply(NodeId node, const ApplyContext& context, const Applied& applied) override;

  [[nodiscard]] const Choices& choices() const { return choices_; }
  [[nodiscard]] const GlobalLog& log() const { return log_; }
  [[nodiscard]] GlobalLog& log() { return log_; }

 private:
  // What a node has written for its slots, durable or not.
  struct Written {
    std::vector<SharedEntry> slots{};  // slot 1 first
    Slot marked{};
    void Store(Slot slot, const SharedEntry& entry);
  };

  [[nodiscard]] Choices::Stamped StampedBy(NodeId node) const;
  // What a node says to be chosen.
  void CheckSaid(NodeId from, const Promise& promise) const;
  void CheckSaid(NodeId from, const Accept& accept) const;
  void CheckSaid(NodeId from, const Heartbeat& heartbeat) const;
  void CheckSaid(NodeId from, const HeartbeatAck& ack) const;
  void CheckSaid(NodeId from, const ChosenRange& range) const;
  void CheckSaid(NodeId from, const ReadIndex& read) const;
  template <class Other>
  void CheckSaid(NodeId /*from*/, const Other& /*message*/) const {}
  void CheckMark(NodeId from, Slot mark) const;
  void Write(NodeId node, const AcceptedRecord& record);
  void Write(NodeId node, const LearnedRecord& record);
  void Write(NodeId node, const ChosenMarkRecord& record);
  void Write(NodeId node, const BallotUsedRecord& record);
  void Write(NodeId /*node*/, const PromisedRecord& /*record*/) {}

  std::uint64_t alpha_;
  const NodeViews& views_;
  Choices choices_;
  Promises promises_;
  GlobalLog log_;
  std::vector<Written> written_;  // [node - 1]
};

}  // namespace paxos::sim
