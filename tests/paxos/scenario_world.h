// A few real replicas on a table, moved one step at a time: the test decides which message arrives,
// what is durable, how late it is and who crashes. Everything the replicas want is written down in
// the papers' words.
//
// It carries out outputs in the order of Node::Drain (persist, send, apply, report), but shows the
// gate: "after #3" is a message that waits for batch 3. A node's messages to itself arrive as soon
// as their gate opens; all others lie on the wire until told.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "paxos/replica.h"
#include "tests/paxos/scenario_disk.h"

namespace paxos::scenario {

// Messages that a command means: "n1->n2 Accept slot=5", "*->n3".
struct Pattern {
  NodeId from{};                      // 0 = any
  NodeId to{};                        // 0 = any
  std::string kind{};                 // "" = any
  std::vector<std::string> fields{};  // each stands in the message's text
  [[nodiscard]] bool Matches(const Envelope& envelope) const;
};

class World {
 public:
  // Nodes 1..count with empty disks, running. `options` holds everything but self, seed and life.
  World(const ReplicaOptions& options, std::uint64_t count);

  // ---- before the story: what a node's disk holds. Starts the node anew.
  void Remember(NodeId node, const std::vector<Record>& records);
  void Forget(NodeId node, Slot up_to);

  // ---- inputs
  void Campaign(NodeId node);
  void Resign(NodeId node);
  void Propose(NodeId node, const std::vector<std::string>& commands);  // in one turn
  void Read(NodeId node);
  void Sleep(NodeId node, Duration time);  // its clock runs, its process does not
  void Tick(NodeId node, Duration time);
  void LinkDown(NodeId node, NodeId peer);
  void Sync(NodeId node, std::size_t batches);
  void Crash(NodeId node, std::size_t batches_kept);
  void Restart(NodeId node);

  // ---- the wire. The oldest match, or all of them in order; throws if there is none.
  void Deliver(const Pattern& pattern);
  void DeliverAll(const Pattern& pattern);
  void Repeat(const Pattern& pattern);  // delivers a copy
  void Drop(const Pattern& pattern);    // all matches
  // What is held takes no part until it is released.
  void Hold(const Pattern& pattern);
  void Release(const Pattern& pattern);
  // From now on what the one sends the other is lost.
  void Cut(NodeId from, NodeId to);
  void Heal(NodeId from, NodeId to);
  // A stuck disk is not synced by Settle.
  void Stick(NodeId node, bool is_stuck);
  // The node campaigns and is promised its ballot by itself and `voters` alone; what it sends to
  // others is lost. Likewise for one entry that is accepted.
  void Elect(NodeId node, const std::vector<NodeId>& voters);
  void Choose(NodeId node, const std::string& command, const std::vector<NodeId>& voters);
  // Disks sync and messages arrive until nothing is left to do. Time stands still.
  void Settle();

  void Show(NodeId node);

  // Only what is applied, answered and who leads.
  void SetQuiet(bool is_quiet) { is_quiet_ = is_quiet; }
  // The lines since the last call.
  std::string TakeTranscript() { return std::exchange(transcript_, {}); }

 private:
  struct Member {
    NodeId id{};
    std::uint64_t life = 0;
    Instant now{};
    Disk disk{};
    bool is_stuck = false;
    std::optional<Replica> replica{};
    std::vector<Outgoing> gated{};
    std::string role{};
    std::uint64_t proposals = 0;  // a new life numbers from 1 again
    std::uint64_t reads = 0;
  };

  Member& At(NodeId node);
  Replica& Running(NodeId node);
  void Start(Member& member);
  void StartSilently(Member& member);
  void Drain(Member& member);
  [[nodiscard]] bool OpenGate(Member& member);
  void CarryOut(Member& member, Output output);
  [[nodiscard]] ChosenRange ReadChosen(const Member& member, const ServeChosen& wish) const;
  void Send(Member& member, const std::vector<Outgoing>& send);
  void Depart(Member& member, const Outgoing& outgoing);
  void Arrive(const Envelope& envelope);
  void Apply(const Member& member, const Delivery& delivery);
  void ReportRole(Member& member);
  std::vector<Envelope>::iterator Find(const Pattern& pattern);
  void Exchange(NodeId node, const std::vector<NodeId>& voters, const char* question);
  void SyncAll(NodeId node);
  void Lose(NodeId from);
  void Say(const std::string& line) { transcript_ += line + "\n"; }
  void Detail(const std::string& line);

  ReplicaOptions options_;
  std::map<NodeId, Member> members_;
  std::vector<Envelope> wire_;
  std::vector<Envelope> held_;
  std::set<std::pair<NodeId, NodeId>> cut_;  // from, to
  std::map<Slot, Delivery> applied_;         // by anybody: no two may differ
  bool is_quiet_ = false;
  std::string transcript_;
};

}  // namespace paxos::scenario
