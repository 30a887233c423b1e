// A client's machine: a clock that survives, and a process with the shipped Client that starts,
// dies and stands still. Carries out what the Client wants over simulated sockets and tells its
// user.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lockservice/client.h"
#include "sim/clock_swarm.h"
#include "sim/event_queue.h"
#include "sim/lock_client_judge.h"
#include "sim/lock_history.h"
#include "sim/lock_judge.h"
#include "sim/sockets.h"
#include "sim/trace.h"

namespace paxos::sim {

// What is above a client: told of completions and states, and may call the client then.
class LockUserEvents {
 public:
  virtual ~LockUserEvents() = default;
  virtual void OnStarted() = 0;
  virtual void OnDied() = 0;
  virtual void OnCompletion(const lockservice::Completion& completion) = 0;
  // A server said that this acquire waits.
  virtual void OnQueued(lockservice::CallId acquire) = 0;
  virtual void OnState(const lockservice::StateChange& change) = 0;
};

struct LockClientWorld {
  EventQueue& queue;
  Trace& trace;
  Sockets& sockets;
  LockJudge& judge;
};

class LockClient final : public Believer, private ClientSockets {
 public:
  // `options.seed` is mixed with the number of each life.
  LockClient(const LockClientWorld& world, ClientId id, const ClockOptions& clock,
             const lockservice::ClientOptions& options, LockChronicle& chronicle,
             LockUserEvents& user);

  // ---- the process
  void Start();
  void Die();
  void Pause();
  void Resume();
  // Timers and beliefs follow.
  void ChangeClock(const ClockChange& change);
  // It runs at its own rate again.
  void CorrectClock() { ChangeClock(ClockChange{own_rate_, Duration{}}); }
  [[nodiscard]] bool IsUp() const { return client_.has_value(); }
  [[nodiscard]] bool IsRunning() const { return IsUp() && !is_paused_; }

  // Calls the client, if there is one that runs, and carries out what it then wants.
  template <class Act>
  void Do(Act act) {
    if (!IsRunning()) return;
    act(*client_, Now());
    Settle();
  }
  // This call of the client's is a read: its answer must see what was acknowledged before now.
  void NoteRead(lockservice::CallId read) { reads_[read] = world_.judge.acknowledged(); }

  // What this life of the client is told, and must make of it. Only while IsUp.
  [[nodiscard]] ClientJudge& judge() { return *judge_; }

  [[nodiscard]] Instant Now() const { return clock_.Read(world_.queue.now()); }
  [[nodiscard]] ClientId id() const { return id_; }
  // Only while IsUp.
  [[nodiscard]] const lockservice::Client& client() const { return *client_; }
  [[nodiscard]] std::size_t pending() const { return client_ ? client_->pending() : 0; }

  [[nodiscard]] bool Believes(SessionId session, const std::string& name,
                              lockservice::OwnerId owner, lockservice::Token token) const override;

 private:
  struct Sent {
    lockservice::RequestBody body{};
    CommandIndex asked{};  // what was acknowledged when it was sent first
  };

  // ---- ClientSockets
  void OnConnected(SocketId socket) override;
  void OnBytes(SocketId socket, std::string_view bytes) override;
  void OnDisconnected(SocketId socket) override;

  // Now, or at the end of a pause.
  void Input(std::function<void()> input);
  void OnResponse(SocketId socket, const lockservice::Response& response);
  void JudgeAnswer(const Sent& sent, lockservice::RequestId id,
                   const lockservice::ResponseBody& answer);
  // Carries out the client's wishes until it has none.
  void Settle();
  void CarryOut(lockservice::ClientOutput output);
  void Connect(const lockservice::Connect& wish);
  void Disconnect(lockservice::LinkId link);
  void Send(const lockservice::Request& request);
  void CheckBeliefs();
  void ArmTimer();

  LockClientWorld world_;
  ClientId id_;
  Clock clock_;
  Clock::PartsPerMillion own_rate_;
  lockservice::ClientOptions options_;
  LockChronicle& chronicle_;
  LockUserEvents& user_;
  std::optional<lockservice::Client> client_;
  std::optional<ClientJudge> judge_;  // as long as the client
  std::uint64_t life_ = 0;
  bool is_paused_ = false;
  std::uint64_t pauses_ = 0;
  bool is_settling_ = false;
  std::vector<std::function<void()>> held_;  // what came during a pause

  std::map<SocketId, lockservice::LinkId> links_;
  std::map<SocketId, NodeId> peers_;  // at the other ends, ever
  std::optional<SocketId> up_;        // where requests go
  std::map<lockservice::RequestId, Sent> sent_;
  std::map<lockservice::CallId, CommandIndex> reads_;  // what was acknowledged when it was asked
  Time armed_ = kEndOfTime;
  std::uint64_t timer_ = 0;
};

}  // namespace paxos::sim
