// One life of a lock server: the shipped Server behind a program's face. Requests and responses
// travel as the bytes that a socket would carry.
#pragma once

#include <map>
#include <utility>

#include "lockservice/server.h"
#include "sim/lock_judge.h"
#include "sim/program.h"

namespace paxos::sim {

// "n2": how clients address a simulated node.
std::string EndpointOf(NodeId node);
NodeId NodeAt(const std::string& endpoint);

class LockProgram final : public Program {
 public:
  LockProgram(const Seams& seams, lockservice::ServerOptions options, const EventQueue& queue,
              LockJudge& judge);

  [[nodiscard]] Node& node() override { return server_.node(); }
  [[nodiscard]] const Node& node() const override { return server_.node(); }
  Status Start(Instant now) override { return server_.Start(now); }
  void OnTime(Instant now) override { server_.OnTime(now); }
  void Drain(Instant now) override;
  [[nodiscard]] Instant next_wakeup() const override { return server_.next_wakeup(); }
  // What it restores to is the same again. [INV-9]
  [[nodiscard]] std::string Snapshot() const override;
  [[nodiscard]] std::size_t owed() const override { return server_.pending(); }

  void OnBytes(Instant now, SocketId from, std::string_view bytes) override;
  void OnClosed(SocketId socket) override;

 private:
  struct Received {
    lockservice::RequestBody body{};
    Time when{};
  };
  using Key = std::pair<SocketId, lockservice::RequestId>;

  void NoteAsker(const LockSpec::Call& call, const Key& asker);
  void NoteWait(const Key& asker, const lockservice::AddressedResponse& answer);
  void CheckNobodyWaitsInVain() const;

  const EventQueue& queue_;
  LockJudge& judge_;
  std::function<void(SocketId, std::string)> send_;
  std::map<Key, Received> received_;      // and not answered for good
  std::map<LockSpec::Call, Key> askers_;  // whose the answer is
  std::map<LockSpec::Call, Key> waits_;   // of these, who was told that the call waits here
  CommandIndex checked_{};                // nobody waited in vain when so much was applied
  lockservice::ServerOptions options_;
  lockservice::Server server_;
};

}  // namespace paxos::sim
