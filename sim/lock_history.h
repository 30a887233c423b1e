// Writes down, while a simulated run goes on, what an outsider could know of it: the history that
// JudgeHistory judges.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "lockservice/client.h"
#include "sim/clock.h"
#include "sim/event_queue.h"
#include "sim/history.h"
#include "sim/sockets.h"

namespace paxos::sim {

// One client's part.
class LockChronicle {
 public:
  LockChronicle(const EventQueue& queue, History& history, ClientId client)
      : queue_(queue), history_(history), client_(client.value()) {}

  using DealId = std::size_t;
  // A call of this kind begins. What is none of these is not written down.
  DealId OnAcquire(SessionId session, const lockservice::AcquireOptions& acquire);
  DealId OnRelease(SessionId session, const lockservice::ReleaseOptions& release);
  std::optional<DealId> OnRead(const lockservice::Query& query);
  DealId OnClose(SessionId session);
  // A server said that the acquire waits.
  void OnQueued(DealId acquire);
  void OnCompletion(DealId deal, const lockservice::CallResult& result);
  // A server said that the session is over.
  void OnLost(SessionId session);

  // Looks at what the client believes now; to be called whenever that may have changed.
  void Observe(const lockservice::Client& client, const Clock& clock);
  // The process is gone, and its beliefs with it.
  void OnDied();

 private:
  using Key = std::pair<std::string, std::uint64_t>;  // lock, token
  struct Open {
    Time begin{};
    Time until{};  // unless the client renews
  };

  DealId Add(Deal deal);
  void Close(const Key& key, const Open& open);

  const EventQueue& queue_;
  History& history_;
  std::uint64_t client_;
  std::map<Key, Open> open_;
};

}  // namespace paxos::sim
