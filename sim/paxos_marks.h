// Who hits the coverage marks of consensus: four spectators, one per group of the table. They ask
// the nodes' own state for what an event meets there, and remember only what nobody else does.
#pragma once

#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "sim/cluster.h"
#include "sim/paxos_marks_table.h"
#include "sim/spectator.h"

namespace paxos::sim {

class PaxosMarkGroup : public Spectator {
 public:
  explicit PaxosMarkGroup(MarkSet& hits) : hits_(hits) {}
  void OnBegin(const Cluster& cluster) override { cluster_ = &cluster; }

 protected:
  void HitIf(bool condition, PaxosMark mark) {
    if (condition) hits_.Hit(static_cast<std::size_t>(mark));
  }
  [[nodiscard]] const Cluster& cluster() const { return *cluster_; }
  [[nodiscard]] Time now() const { return cluster_->now(); }
  // Null while no process runs there.
  [[nodiscard]] const Replica* ReplicaOf(NodeId node) const;
  // The ballot in which it leads; none if it does not.
  [[nodiscard]] std::optional<Ballot> LeadsIn(NodeId node) const;
  [[nodiscard]] bool IsPreparing(NodeId node) const;
  // Is there another node for which `holds`?
  template <class Predicate>
  [[nodiscard]] bool AnyOther(NodeId node, Predicate holds) const {
    for (std::uint64_t i = 1; i <= cluster_->size(); ++i) {
      if (NodeId{i} != node && holds(NodeId{i})) return true;
    }
    return false;
  }

 private:
  MarkSet& hits_;
  const Cluster* cluster_ = nullptr;
};

class ElectionMarks final : public PaxosMarkGroup {
 public:
  using PaxosMarkGroup::PaxosMarkGroup;
  void OnBegin(const Cluster& cluster) override;
  void OnEvent(const EventView& event) override;
  void OnSend(const Envelope& envelope) override;
  void OnWrite(NodeId node, const std::vector<Record>& batch, PersistSeq seq) override;
  void OnStored(NodeId node, const std::vector<Record>& batch, PersistSeq seq) override;
  void OnLead(NodeId node, const Ballot& ballot) override;
  void OnStepDown(NodeId node) override;

 private:
  struct Campaign {
    Ballot ballot{};
    std::vector<AcceptedEntry> reported{};
  };
  struct Seen {
    Campaign campaign{};
    bool is_told = false;  // since it leads, of a higher ballot or to resign
    PersistSeq written{};
    std::optional<Time> disk_busy_since{};
  };

  Seen& SeenBy(NodeId node) { return seen_[node.value() - 1]; }
  void OnDeliver(const Envelope& envelope);
  void OnPromise(NodeId to, const Promise& promise);
  void CompareReports(Campaign& campaign, const Promise& promise);

  std::vector<Seen> seen_;
  NodeId last_leader_{};
};

class VoteMarks final : public PaxosMarkGroup {
 public:
  using PaxosMarkGroup::PaxosMarkGroup;
  void OnBegin(const Cluster& cluster) override;
  void OnEvent(const EventView& event) override;
  void OnStart(NodeId node, const DiskImage& image) override;
  void OnSend(const Envelope& envelope) override;
  void OnWrite(NodeId node, const std::vector<Record>& batch, PersistSeq seq) override;
  void OnStored(NodeId node, const std::vector<Record>& batch, PersistSeq seq) override;

 private:
  struct SlotSeen {
    std::vector<Ballot> ballots{};
    std::vector<SharedEntry> values{};
    bool is_chosen = false;
  };

  SlotSeen& SeenOf(Slot slot);
  void OnAccept(NodeId to, const Accept& accept);
  void OnAccepted(NodeId to, const Accepted& accepted);
  void OnProposed(Slot slot, const Ballot& ballot, const SharedEntry& entry);
  void OnVoteStored(NodeId node, const AcceptedRecord& vote);
  void OnChosen(NodeId node, Slot slot, const Choices::Chosen& chosen);
  void FollowLog();

  std::vector<SlotSeen> slots_;                       // slot 1 first
  std::vector<std::optional<Ballot>> first_of_life_;  // [node - 1], taken by its present process
  std::optional<std::pair<Ballot, Slot>> no_op_;  // the last one that a leader proposed of its own
  // Of the chosen prefix.
  Slot followed_{};
  Ballot last_first_ballot_{};
  LogTime log_time_{};
};

class DeathMarks final : public PaxosMarkGroup {
 public:
  using PaxosMarkGroup::PaxosMarkGroup;
  void OnBegin(const Cluster& cluster) override;
  void OnEvent(const EventView& event) override;
  void OnStart(NodeId node, const DiskImage& image) override;
  void OnStop(NodeId node) override;
  void OnWrite(NodeId node, const std::vector<Record>& batch, PersistSeq seq) override;
  void OnStored(NodeId node, const std::vector<Record>& batch, PersistSeq seq) override;

 private:
  // What a batch that is not stored yet holds.
  struct Unsynced {
    bool promise = false;
    bool vote = false;
    bool ballot = false;
  };
  struct Machine {
    std::deque<Unsynced> unsynced{};
    std::optional<std::size_t> unsynced_at_crash{};
    std::deque<Time> starts{};
    PersistSeq durable{};
    std::size_t held = 0;  // messages, during a pause
  };

  Machine& MachineOf(NodeId node) { return machines_[node.value() - 1]; }
  void OnCrash(NodeId node);
  void OnDurable(NodeId node, PersistSeq seq);
  void OnResume(NodeId node);
  void JudgeCrash(Machine& machine);

  std::vector<Machine> machines_;
};

class TrafficMarks final : public PaxosMarkGroup {
 public:
  using PaxosMarkGroup::PaxosMarkGroup;
  void OnBegin(const Cluster& cluster) override;
  void OnEvent(const EventView& event) override;
  void OnStart(NodeId node, const DiskImage& image) override;
  void OnSend(const Envelope& envelope) override;
  void OnStored(NodeId node, const std::vector<Record>& batch, PersistSeq seq) override;

 private:
  using Round = std::pair<Ballot, std::uint64_t>;
  struct Seen {
    PersistSeq persisted_at_start{};
    Round heard{};  // the latest heartbeat
    Round begun{};  // its own
    Slot asked_up_to{};
  };

  Seen& SeenBy(NodeId node) { return seen_[node.value() - 1]; }
  void OnDeliver(const Envelope& envelope);
  void On(NodeId to, const Heartbeat& heartbeat);
  void On(NodeId to, const HeartbeatAck& ack);
  void On(NodeId to, const ChosenRange& range);
  void OnMark(NodeId to, const Ballot& ballot, Slot mark);

  std::vector<Seen> seen_;
};

// All of them.
class PaxosMarks {
 public:
  PaxosMarks() = default;
  PaxosMarks(const PaxosMarks&) = delete;
  PaxosMarks& operator=(const PaxosMarks&) = delete;

  [[nodiscard]] std::vector<Spectator*> spectators() {
    return {&elections_, &votes_, &deaths_, &traffic_};
  }
  [[nodiscard]] const MarkSet& hits() const { return hits_; }

 private:
  MarkSet hits_;
  ElectionMarks elections_{hits_};
  VoteMarks votes_{hits_};
  DeathMarks deaths_{hits_};
  TrafficMarks traffic_{hits_};
};

}  // namespace paxos::sim
