// The event loop of a process, and the library's only real clock.
//
// The loop runs in *turns*. A turn waits until something is ready (a socket, a timer, a function
// posted by another thread), handles everything that is ready by then, calls each TurnHandler, and
// at last writes what connections have queued: one system call per connection, however many frames.
// So whatever arrives together shares a slot, a disk batch and a write, and an idle process sleeps.
//
//   wait -> sockets, timers, posted functions -> TurnHandler::OnTurn ... -> Flushable::Flush ...
//
// Everything happens on the thread that runs the loop, and nothing here may be called from another
// one, but Post and Stop. Callbacks must not run the loop themselves.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "paxos/time.h"

namespace boost::asio {
class io_context;
}

namespace paxos::net {

// CLOCK_BOOTTIME: monotonic, counts suspend, knows nothing of the calendar (DESIGN 4: a lease that
// a suspended clock does not see expire is a lease held for ever).
Instant Now();

// Called at the end of each turn, in order of registration.
class TurnHandler {
 public:
  virtual ~TurnHandler() = default;
  // Does what is due and what the turn gathered (Node::OnTime, Node::Drain). Returns when it wants
  // a turn even if nothing happens; kNever if that is not needed. A time that has passed makes the
  // next turn begin at once.
  virtual Instant OnTurn(Instant now) = 0;
};

// Something that gathers writes during a turn.
class Flushable {
 public:
  virtual ~Flushable() = default;
  virtual void Flush() = 0;
};

struct RuntimeOptions {
  // Most callbacks in one turn, so that a flood on one socket cannot hold up the turn's end. More
  // make larger batches and later answers.
  std::size_t turn_events_max = 256;

  // One buffer that all connections read into: how much one system call takes off a socket.
  std::size_t read_bytes_max = 256 * 1024;
};

class Runtime {
 public:
  // Throws std::system_error if the process is out of file descriptors.
  explicit Runtime(const RuntimeOptions& options = {});
  // Must outlive whatever was built on it. Functions posted and not run yet are dropped.
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  // Runs turns until Stop. May be called again afterwards.
  void Run();
  // Runs turns until `done` (asked between turns) or until `at_most` has passed; says which.
  bool RunUntil(const std::function<bool()>& done, Duration at_most);

  // From any thread, also from a callback: the turn that runs is the last one.
  void Stop();
  // From any thread: runs `function` on the loop, in order of posting. One wake-up of the loop if
  // it sleeps, no system call otherwise. Threads that post must end before the runtime does.
  void Post(std::function<void()> function);

  // `handler` must outlive the runtime or be removed; not from inside OnTurn.
  void AddTurnHandler(TurnHandler& handler);
  void RemoveTurnHandler(TurnHandler& handler);

  // Calls `handler` on the loop with the number of each of `signals` that the process receives. One
  // runtime of a process may do so.
  void OnSignals(const std::vector<int>& signals, std::function<void(int)> handler);

  // For net/ and for shells that bring their own Asio objects to the loop.
  boost::asio::io_context& io();
  void FlushAtTurnEnd(std::shared_ptr<Flushable> flushable);
  // Scratch for one read: what it holds is dead once the callback that filled it returns.
  std::span<char> read_buffer();

 private:
  friend class Timer;
  struct State;
  std::unique_ptr<State> state_;
};

// Calls a function once, at a time. Destruction cancels.
class Timer {
 public:
  explicit Timer(Runtime& runtime);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // Replaces what was set. `function` may set the timer again, or destroy it.
  void Set(Instant when, std::function<void()> function);
  void SetAfter(Duration delay, std::function<void()> function);
  void Cancel();
  [[nodiscard]] bool is_set() const { return id_ != 0; }

 private:
  friend class Runtime;
  Runtime::State& state_;
  Instant when_{};
  std::uint64_t id_ = 0;  // 0 = not set
};

}  // namespace paxos::net
