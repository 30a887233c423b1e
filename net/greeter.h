// The exchange of hellos on one new connection; what Listener and Dial have in common.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "net/connection.h"
#include "net/greeting.h"

namespace paxos::net {

// The dialer speaks first; the listener answers a hello or a refusal.
enum class Side : std::uint8_t { kDialer, kListener };

enum class GreetingFailure : std::uint8_t { kBroken, kWeRefused, kTheyRefused };

class Greeter;

// One of these is called, from the loop. It destroys the greeter.
class GreeterEvents {
 public:
  virtual ~GreeterEvents() = default;
  virtual void OnGreeted(Greeter& greeter, const Hello& theirs) = 0;
  virtual void OnGreetingFailed(Greeter& greeter, GreetingFailure how, const Status& why) = 0;
};

class Greeter final : public ConnectionHandler {
 public:
  // `events` must outlive it.
  Greeter(std::unique_ptr<Connection> connection, Side side, const Greeting& greeting,
          GreeterEvents& events);

  // The admitted connection, to be taken from OnGreeted.
  std::unique_ptr<Connection> Take() { return std::move(connection_); }
  const Connection& connection() const { return *connection_; }
  // What the other side said, if it came to that.
  const std::optional<Hello>& theirs() const { return theirs_; }

  Status OnFrame(Connection& connection, const Frame& frame) override;
  void OnClosed(Connection& connection, const Status& why) override;

 private:
  Status OnHello(const Hello& hello);
  Status OnRefused(const HelloRefused& refused);
  void Refuse(const Status& why);

  std::unique_ptr<Connection> connection_;
  const Side side_;
  const Greeting greeting_;
  GreeterEvents& events_;
  std::optional<Hello> theirs_;
};

}  // namespace paxos::net
