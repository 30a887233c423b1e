// Accepts connections on a port and hands over those that said an acceptable hello.
//
// Whatever comes in, it keeps serving: garbage, silence and refused hellos cost one connection,
// running out of file descriptors costs a pause.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "net/address.h"
#include "net/connection.h"
#include "net/greeting.h"
#include "paxos/result.h"

namespace paxos::net {

class Runtime;

class ListenerEvents {
 public:
  virtual ~ListenerEvents() = default;
  // A connection whose hello was accepted and whose own was sent. Take it and set its handler
  // before returning: the next frame may be right behind. `theirs` is what it said.
  virtual void OnConnection(std::unique_ptr<Connection> connection, const Hello& theirs) = 0;
  // For logs: a connection failed before that, and why.
  virtual void OnGreetingFailed(const std::string& remote, const Status& why) = 0;
  // Called first if it failed because Greeting::check refused what it said.
  virtual void OnHelloRefused(const Hello& /*theirs*/, const Status& /*why*/) {}
};

struct ListenerOptions {
  Address address{};

  // Open connections, in all and from one IP address; more are told kOverloaded and closed.
  std::size_t connections_max = 4096;
  std::size_t connections_per_address_max = 2048;

  // How long accepting pauses when the process is out of file descriptors or memory. Connections
  // wait in the kernel's backlog meanwhile.
  Duration accept_pause = std::chrono::milliseconds{100};

  ConnectionOptions connection{};
};

class Listener {
 public:
  // kIo if the address cannot be bound (taken, not ours, not permitted). `events` must outlive it.
  static Result<std::unique_ptr<Listener>> Open(Runtime& runtime, const ListenerOptions& options,
                                                Greeting greeting, ListenerEvents& events);
  // Closes the port and the connections that are still greeting; those handed over stay.
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // With the port that was given, if 0 was asked for.
  [[nodiscard]] const Address& address() const;
  // Open ones, handed over or greeting.
  [[nodiscard]] std::size_t connections() const;

 private:
  class Acceptor;
  explicit Listener(std::shared_ptr<Acceptor> acceptor);
  std::shared_ptr<Acceptor> acceptor_;
};

}  // namespace paxos::net
