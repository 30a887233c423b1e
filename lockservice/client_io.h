// A Client on the runtime: dials the servers it wants, carries its requests and brings it answers
// and time. One thread, the runtime's.
//
//   paxos::net::Runtime runtime;
//   ClientLoop loop(runtime, options, events);
//   loop.client().Open(paxos::net::Now(), 10s);
//   runtime.Run();                                 // events.OnCompletion(...)
#pragma once

#include <memory>
#include <string>

#include "lockservice/client.h"
#include "net/connection.h"
#include "net/dial.h"
#include "net/runtime.h"

namespace lockservice {

// Told at the end of a turn; may make further calls, which belong to the same turn. May not destroy
// the loop.
class ClientEvents {
 public:
  virtual ~ClientEvents() = default;
  virtual void OnCompletion(const Completion& completion) = 0;
  virtual void OnStateChange(const StateChange& /*change*/) {}
  // The turn is over; beliefs such as valid_until() may have changed.
  virtual void OnTurnEnd() {}
};

class ClientLoop final : private paxos::net::TurnHandler,
                         private paxos::net::DialEvents,
                         private paxos::net::ConnectionHandler {
 public:
  // `options` must be valid; `runtime` and `events` must outlive the loop.
  ClientLoop(paxos::net::Runtime& runtime, const ClientOptions& options, ClientEvents& events);
  ~ClientLoop() override;

  // Call it on the runtime's thread; what follows is done at the end of the turn.
  [[nodiscard]] Client& client() { return client_; }
  // Why the last attempt to reach a server failed, for error messages; "" if none did.
  [[nodiscard]] const std::string& last_trouble() const { return last_trouble_; }

 private:
  paxos::Instant OnTurn(paxos::Instant now) override;
  void CarryOut(ClientOutput output);
  void StartDial(const Connect& connect);
  void OnConnected(std::unique_ptr<paxos::net::Connection> connection,
                   const paxos::net::Hello& theirs) override;
  void OnDialFailed(paxos::net::DialFailure how, const paxos::Status& why) override;
  paxos::Status OnFrame(paxos::net::Connection& connection, const paxos::Frame& frame) override;
  void OnClosed(paxos::net::Connection& connection, const paxos::Status& why) override;
  void GiveUpLink(const paxos::Status& why);

  paxos::net::Runtime& runtime_;
  ClientEvents& events_;
  Client client_;
  paxos::Duration connect_timeout_;
  Connect link_{};  // the newest attempt
  std::unique_ptr<paxos::net::Dial> dial_;
  std::unique_ptr<paxos::net::Connection> connection_;
  std::string last_trouble_;
};

}  // namespace lockservice
