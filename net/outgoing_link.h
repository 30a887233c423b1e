// The connection on which a node sends to one peer: dialed, and dialed again whenever it breaks.
#pragma once

#include <cstdint>
#include <memory>

#include "net/dial.h"
#include "net/runtime.h"
#include "paxos/random.h"
#include "paxos/types.h"

namespace paxos::net {

class OutgoingEvents {
 public:
  virtual ~OutgoingEvents() = default;
  virtual void OnOutgoingUp(NodeId peer, const Hello& theirs) = 0;
  virtual void OnOutgoingDown(NodeId peer) = 0;
  // The link stays down and is dialed again.
  virtual void OnDialRefused(NodeId peer, DialFailure how, const Status& why) = 0;
};

struct OutgoingLinkOptions {
  DialOptions dial{};
  // The first attempt after a break comes at once, the next after a random time in [half, whole] of
  // `redial_first`, which doubles each time up to `redial_last`.
  Duration redial_first = std::chrono::milliseconds{10};
  Duration redial_last = std::chrono::milliseconds{500};
};

class OutgoingLink final : public DialEvents, public ConnectionHandler {
 public:
  // `events` must outlive it.
  OutgoingLink(Runtime& runtime, NodeId peer, const Address& address,
               const OutgoingLinkOptions& options, Greeting greeting, std::uint64_t seed,
               OutgoingEvents& events);

  void Begin() { Redial(); }
  // The peer is there, as one sees from its own dialing: do not wait for the next attempt.
  void Hurry();
  void SetAddress(const Address& address) { address_ = address; }

  // Null while the link is down.
  [[nodiscard]] Connection* connection() const { return connection_.get(); }
  [[nodiscard]] std::uint64_t dials() const { return dials_; }

  void OnConnected(std::unique_ptr<Connection> connection, const Hello& theirs) override;
  void OnDialFailed(DialFailure how, const Status& why) override;
  Status OnFrame(Connection& connection, const Frame& frame) override;
  void OnClosed(Connection& connection, const Status& why) override;

 private:
  void Redial();
  void DialNow();
  Duration NextDelay();

  Runtime& runtime_;
  const NodeId peer_;
  Address address_;
  const OutgoingLinkOptions options_;
  const Greeting greeting_;
  Random random_;
  OutgoingEvents& events_;
  Timer redial_timer_;
  std::unique_ptr<Dial> dial_;
  std::unique_ptr<Connection> connection_;
  Instant up_since_{};
  std::uint32_t failures_ = 0;  // in a row
  std::uint64_t dials_ = 0;
};

}  // namespace paxos::net
