// One attempt to connect somewhere and to be accepted there. Who wants another attempt makes
// another Dial.
#pragma once

#include <cstdint>
#include <memory>

#include "net/address.h"
#include "net/connection.h"
#include "net/greeting.h"
#include "paxos/result.h"

namespace paxos::net {

class Runtime;

enum class DialFailure : std::uint8_t {
  kUnreachable,  // nobody there, nobody answers, or closed before its hello
  kWeRefused,    // Greeting::check did not like its hello
  kTheyRefused,  // its own hello is acceptable, but it refused ours: `why` is its HelloRefused
};

// Exactly one of these is called, once, from the loop. Either may destroy the Dial.
class DialEvents {
 public:
  virtual ~DialEvents() = default;
  // Hellos were exchanged. Take the connection and set its handler before returning.
  virtual void OnConnected(std::unique_ptr<Connection> connection, const Hello& theirs) = 0;
  virtual void OnDialFailed(DialFailure how, const Status& why) = 0;
};

struct DialOptions {
  // For name lookup and the TCP handshake; the hello has ConnectionOptions::greeting_time_max.
  Duration connect_time_max = std::chrono::seconds{2};
  ConnectionOptions connection{};
};

class Dial {
 public:
  // `events` must outlive it.
  Dial(Runtime& runtime, const Address& address, const DialOptions& options, Greeting greeting,
       DialEvents& events);
  // Gives up silently.
  ~Dial();
  Dial(const Dial&) = delete;
  Dial& operator=(const Dial&) = delete;

 private:
  class Attempt;
  std::shared_ptr<Attempt> attempt_;
};

}  // namespace paxos::net
