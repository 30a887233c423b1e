// The lock service as a workload of the simulator: real servers on every node, real clients with
// clocks of their own, users that keep them busy, a judge and a guarded store.
#pragma once

#include <deque>
#include <memory>

#include "sim/cluster.h"
#include "sim/lock_client.h"
#include "sim/lock_judge.h"
#include "sim/lock_order.h"
#include "sim/lock_program.h"
#include "sim/lock_store.h"
#include "sim/lock_user.h"

namespace paxos::sim {

// What a seed makes of the service and its load; limits are tiny where the swarm says so.
struct LockSwarm {
  lockservice::ServerOptions server{};  // replica and nodes are filled in by node
  lockservice::ClientOptions client{};
  LockUserOptions user{};
  std::size_t clients = 4;
};
LockSwarm DrawLockSwarm(const Swarm& swarm);

class LockWorld final : public Workload {
 public:
  // The spectators must outlive it.
  explicit LockWorld(const Swarm& swarm, const std::vector<LockSpectator*>& spectators = {});

  std::unique_ptr<Program> Start(const Seams& seams) override;
  void Begin(Cluster& cluster) override;
  void OnClientFault(std::uint64_t choice, Duration lasts) override;
  void OnClientsCut(std::uint64_t choice, Duration lasts) override;
  void OnClientClock(std::uint64_t choice, const ClockChange& change, Duration lasts) override;
  [[nodiscard]] Status Greet(const Greeting& greeting) const override;
  [[nodiscard]] std::optional<Command> ProbeCommand(std::uint64_t number) const override;
  void OnEnd(NodeId node, const Status& why) override;
  void OnHeal() override;
  [[nodiscard]] Duration SettleTime() const override;
  [[nodiscard]] std::string WhyNotSettled() const override;
  void Conclude() override;

  [[nodiscard]] const LockJudge& judge() const { return judge_; }
  [[nodiscard]] const FencedStore& store() const { return store_; }
  // Complete once the run is concluded.
  [[nodiscard]] const History& history() const { return history_; }
  [[nodiscard]] const OrderVerdict& order() const { return order_; }
  [[nodiscard]] std::uint64_t calls() const;
  // Time in which no client waited for anything or had asked within a second.
  [[nodiscard]] Duration idle() const { return idle_; }

 private:
  // A client and who uses it.
  struct Seat {
    Seat(LockWorld& world, ClientId id);
    LockChronicle chronicle;
    LockUser user;
    LockClient client;
  };
  // Counts the last second as idle if it was.
  void MeasureIdleness(std::uint64_t calls_before);
  void JudgeTheHistory();
  void LookAtSnapshots(std::uint64_t looks);
  void CutFor(ClientId client, NodeId node, Duration lasts);
  void CutFromAllFor(ClientId client, Duration lasts);

  LockSwarm options_;
  LockJudge judge_;
  FencedStore store_;
  History history_;
  OrderVerdict order_;
  Cluster* cluster_ = nullptr;
  std::deque<Seat> seats_;
  Duration idle_{};
};

}  // namespace paxos::sim
