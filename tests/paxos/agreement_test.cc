// Three real replicas under a random, harsh schedule: whatever is lost, repeated, reordered or
// forgotten in a crash, no two of them apply different entries. Elections are coin flips: safety
// may not depend on them. sim/ does all of this better; this one runs in a second and needs
// nothing.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "paxos/check.h"
#include "paxos/random.h"
#include "paxos/replica.h"
#include "tests/paxos/scenario_disk.h"

namespace paxos {
namespace {

using namespace std::chrono_literals;

void Require(bool holds, const std::string& what) {
  if (!holds) throw std::runtime_error(what);
}

void Throw(const CheckFailure& failure) { throw std::runtime_error(failure.ToString()); }

// What all nodes together have done so far, and what may never happen.
class Observer {
 public:
  // INV-1, INV-8: a slot is applied alike everywhere.
  void OnApply(const Delivery& delivery) {
    const auto [known, is_new] = applied_.emplace(delivery.slot, delivery);
    Require(is_new || known->second == delivery,
            "applied " + ToText(delivery) + " after " + ToText(known->second));
    if (is_new) CheckStanding(delivery);
  }

  // INV-2, INV-3, M1: a ballot has one life of one node, one entry per slot, a bounded window.
  void OnDepart(NodeId from, std::uint64_t life, std::uint64_t alpha, const Message& message) {
    if (const auto* prepare = std::get_if<Prepare>(&message)) {
      const auto owner = std::pair(from, life);
      Require(owners_.emplace(prepare->ballot, owner).first->second == owner,
              "ballot used twice: " + ToText(message));
    }
    if (const auto* accept = std::get_if<Accept>(&message)) {
      const auto& entry = proposed_.emplace(std::pair(accept->ballot, accept->slot), accept->entry);
      Require(entry.first->second == accept->entry, "proposed twice: " + ToText(message));
      Require(accept->slot <= accept->chosen_prefix + alpha, "too far: " + ToText(message));
    }
  }

  // INV-5: what is attested is durable.
  static void CheckGate(const scenario::Disk& disk, const Message& message) {
    const DurableState state = disk.Recover();
    if (const auto* prepare = std::get_if<Prepare>(&message))
      Require(state.ballot_used >= prepare->ballot, "too early: " + ToText(message));
    if (const auto* promise = std::get_if<Promise>(&message))
      Require(state.promised >= promise->ballot, "too early: " + ToText(message));
    if (const auto* accepted = std::get_if<Accepted>(&message)) {
      const AcceptedEntry* stored = disk.Find(accepted->slot);
      const bool is_stored = stored != nullptr && stored->ballot >= accepted->ballot;
      Require(is_stored || accepted->slot <= state.chosen_prefix, "too early: " + ToText(message));
    }
  }

  // R1: a read sees what was applied or acknowledged anywhere before it was asked.
  void OnRead(ReadId id) { reads_[id] = applied_.empty() ? Slot{} : applied_.rbegin()->first; }

  void OnDone(const Done& done) {
    if (const auto* ready = std::get_if<ReadReady>(&done))
      Require(ready->slot >= reads_.at(ready->id), "stale read: " + ToText(done));
    if (const auto* chosen = std::get_if<ProposalChosen>(&done))
      Require(in_force_.count(CommandOf(chosen->id)) == 1, "not applied: " + ToText(done));
    if (const auto* never = std::get_if<NeverProposed>(&done)) without_effect_.insert(never->id);
    if (const auto* superseded = std::get_if<Superseded>(&done))
      without_effect_.insert(superseded->id);
  }

  void CheckEnd() const {
    for (const ProposalId id : without_effect_)
      Require(in_force_.count(CommandOf(id)) == 0, "took effect after all: " + CommandOf(id));
  }

  [[nodiscard]] std::size_t applied() const { return applied_.size(); }
  static Command CommandOf(ProposalId id) { return "c" + ShortText(id); }

 private:
  // V1, T1: what the order of the log makes of an entry.
  void CheckStanding(const Delivery& delivery) {
    const Entry& entry = *delivery.entry;
    const bool is_void = entry.first_ballot < last_first_;
    Require((delivery.standing == EntryStanding::kVoid) == is_void, "standing " + ToText(delivery));
    if (!is_void) {
      last_first_ = entry.first_ballot;
      log_time_ = std::max(log_time_, entry.log_time);
      in_force_.insert(entry.commands.begin(), entry.commands.end());
    }
    Require(delivery.log_time == log_time_, "log time " + ToText(delivery));
  }

  Ballot last_first_;
  LogTime log_time_;
  std::map<Slot, Delivery> applied_;
  std::multiset<Command> in_force_;
  std::map<Ballot, std::pair<NodeId, std::uint64_t>> owners_;
  std::map<std::pair<Ballot, Slot>, SharedEntry> proposed_;
  std::map<ReadId, Slot> reads_;
  std::set<ProposalId> without_effect_;
};

// How often things go wrong in one schedule, in percent of the steps or messages.
struct Harshness {
  std::uint64_t loss = 0;
  std::uint64_t repeat = 0;
  std::uint64_t crash = 0;
  std::uint64_t campaign = 0;
  std::uint64_t slow_disk = 0;
  std::uint64_t cut = 0;
};

class Schedule {
 public:
  explicit Schedule(std::uint64_t seed) : random_(seed) {
    harsh_ = Harshness{random_.Below(30),    random_.Below(30), random_.Below(4),
                       1 + random_.Below(6), random_.Below(90), random_.Below(3)};
    options_.membership = Membership({NodeId{1}, NodeId{2}, NodeId{3}});
    options_.alpha = static_cast<std::uint32_t>(random_.Between(1, 6));
    options_.batch_commands_max = random_.Between(1, 3);
    options_.tail_bytes_max = random_.Chance(1, 2) ? 100 : 4096;
    options_.fetch_bytes_max = random_.Between(1, 300);
    for (std::uint64_t i = 1; i <= 3; ++i) Start(nodes_[i - 1], NodeId{i});
  }

  void Run(int steps) {
    for (int i = 0; i < steps; ++i) Step();
  }

  // Nothing goes wrong any more: one campaign, and everybody catches up.
  void Heal() {
    harsh_ = Harshness{};
    cut_ = NodeId{};
    for (SimNode& node : nodes_)
      if (!node.replica) Start(node, node.id);
    for (int turn = 0; turn < 40; ++turn) {
      if (turn % 20 == 0) Act(nodes_[0], [&](Replica& r) { r.Campaign(node_now(nodes_[0])); });
      Flush();
      for (SimNode& node : nodes_) {
        node.now += 60ms;
        Act(node, [&](Replica& r) { r.OnTime(node.now); });
      }
    }
    Flush();
    observer_.CheckEnd();
    for (const SimNode& node : nodes_)
      Require(node.replica->learner().delivered().value() == observer_.applied(),
              "node " + ToText(node.id) + " lags behind");
  }

  [[nodiscard]] std::size_t applied() const { return observer_.applied(); }

 private:
  struct SimNode {
    NodeId id{};
    std::uint64_t life = 0;
    Instant now{};
    scenario::Disk disk{};
    std::optional<Replica> replica{};
    std::vector<Outgoing> gated{};
  };

  static Instant node_now(const SimNode& node) { return node.now; }

  void Start(SimNode& node, NodeId id) {
    node.id = id;
    options_.self = id;
    options_.life = ++node.life;
    options_.seed = random_.Next();
    node.replica.emplace(options_, node.disk.Recover(), node.now);
    const Slot prefix = node.replica->learner().prefix();
    for (const ChosenEntry& chosen : node.disk.ReadChosen(Slot{1}, prefix))
      observer_.OnApply(node.replica->Replay(chosen));
  }

  void Crash(SimNode& node) {
    node.disk.Crash(random_.Below(node.disk.waiting() + 1));
    node.gated.clear();
    node.replica.reset();
  }

  template <class Input>
  void Act(SimNode& node, const Input& input) {
    input(*node.replica);
    Carry(node);
  }

  void Carry(SimNode& node) {
    Output output = node.replica->TakeOutput();
    if (!output.persist.empty()) node.disk.Write(std::move(output.persist), output.persist_seq);
    for (Outgoing& outgoing : output.send) node.gated.push_back(std::move(outgoing));
    for (const ServeChosen& wish : output.serve)
      node.gated.push_back(Outgoing{
          wish.to,
          {},
          ChosenRange{node.disk.ReadChosen(wish.first, wish.last, options_.fetch_bytes_max)}});
    for (const Delivery& delivery : output.apply) observer_.OnApply(delivery);
    for (const Done& done : output.done) observer_.OnDone(done);
    OpenGate(node);
  }

  void OpenGate(SimNode& node) {
    const auto may_leave = [&](const Outgoing& o) { return o.after <= node.disk.durable(); };
    for (Outgoing& outgoing : node.gated) {
      if (!may_leave(outgoing)) continue;
      observer_.OnDepart(node.id, node.life, options_.alpha, outgoing.message);
      Observer::CheckGate(node.disk, outgoing.message);
      wire_.push_back(Envelope{node.id, outgoing.to, node.disk.durable(), outgoing.message});
    }
    std::erase_if(node.gated, may_leave);
  }

  void Sync(SimNode& node, std::size_t batches) {
    node.disk.Sync(batches);
    if (node.replica) Act(node, [&](Replica& r) { r.OnDurable(node.now, node.disk.durable()); });
  }

  void Deliver(std::size_t at) {
    const Envelope envelope = wire_[at];
    const bool is_cut =
        envelope.from != envelope.to && (envelope.from == cut_ || envelope.to == cut_);
    if (is_cut) return;
    if (!random_.Chance(harsh_.repeat, 100)) wire_.erase(wire_.begin() + static_cast<long>(at));
    if (random_.Chance(harsh_.loss, 100)) return;
    SimNode& to = nodes_[envelope.to.value() - 1];
    if (to.replica) Act(to, [&](Replica& r) { r.Receive(to.now, envelope); });
  }

  void Step() {
    SimNode& node = nodes_[random_.Below(3)];
    if (random_.Chance(harsh_.cut, 100)) cut_ = NodeId{random_.Below(4)};
    if (!node.replica) {
      if (random_.Chance(1, 5)) Start(node, node.id);
      return;
    }
    if (random_.Chance(harsh_.crash, 100)) return Crash(node);
    if (random_.Chance(harsh_.campaign, 100))
      return Act(node, [&](Replica& r) { r.Campaign(node.now); });
    if (!random_.Chance(harsh_.slow_disk, 100)) Sync(node, 1 + random_.Below(3));
    if (random_.Chance(10, 100)) Ask(node);
    if (random_.Chance(10, 100)) {
      node.now += Duration(std::chrono::milliseconds(random_.Below(120)));
      Act(node, [&](Replica& r) { r.OnTime(node.now); });
    }
    for (int i = 0; i < 3 && !wire_.empty(); ++i) Deliver(random_.Below(wire_.size()));
  }

  void Ask(SimNode& node) {
    const ProposalId proposal{++asked_};
    Act(node, [&](Replica& r) { r.Propose(node.now, proposal, Observer::CommandOf(proposal)); });
    const ReadId read{asked_};
    observer_.OnRead(read);
    Act(node, [&](Replica& r) { r.Read(node.now, read); });
  }

  void Flush() {
    for (bool is_quiet = false; !is_quiet;) {
      is_quiet = wire_.empty();
      while (!wire_.empty()) Deliver(0);
      for (SimNode& node : nodes_) {
        is_quiet = is_quiet && node.disk.waiting() == 0;
        Sync(node, node.disk.waiting());
      }
    }
  }

  Random random_;
  Harshness harsh_;
  ReplicaOptions options_;
  std::array<SimNode, 3> nodes_;
  std::vector<Envelope> wire_;
  NodeId cut_;  // nobody hears this node, nor it anybody; 0 = none
  Observer observer_;
  std::uint64_t asked_ = 0;
};

class AgreementTest : public testing::Test {
 protected:
  AgreementTest() : before_(SetCheckFailureHandler(Throw)) {}
  ~AgreementTest() override { SetCheckFailureHandler(before_); }

  // Slots applied by 100 schedules.
  static std::size_t RunSeeds(std::uint64_t first) {
    std::size_t applied = 0;
    for (std::uint64_t seed = first; seed < first + 100; ++seed) {
      try {
        Schedule schedule(seed);
        schedule.Run(1500);
        schedule.Heal();
        applied += schedule.applied();
      } catch (const std::runtime_error& broken) {
        ADD_FAILURE() << "seed " << seed << ": " << broken.what();
      }
    }
    return applied;
  }

 private:
  CheckFailureHandler before_;
};

TEST_F(AgreementTest, HoldsUnderHarshSchedules1) { EXPECT_GT(RunSeeds(0), 1000U); }
TEST_F(AgreementTest, HoldsUnderHarshSchedules2) { EXPECT_GT(RunSeeds(100), 1000U); }
TEST_F(AgreementTest, HoldsUnderHarshSchedules3) { EXPECT_GT(RunSeeds(200), 1000U); }
TEST_F(AgreementTest, HoldsUnderHarshSchedules4) { EXPECT_GT(RunSeeds(300), 1000U); }

}  // namespace
}  // namespace paxos
