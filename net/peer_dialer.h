// Dials one peer until it answers, and again when told that the link is lost.
#pragma once

#include <cstdint>
#include <memory>

#include "net/dial.h"
#include "net/runtime.h"
#include "paxos/random.h"
#include "paxos/types.h"

namespace paxos::net {

class PeerDialerEvents {
 public:
  virtual ~PeerDialerEvents() = default;
  virtual void OnDialed(NodeId peer, std::unique_ptr<Connection> connection,
                        const Hello& theirs) = 0;
  // It goes on dialing.
  virtual void OnDialRefused(NodeId peer, DialFailure how, const Status& why) = 0;
};

struct PeerDialerOptions {
  DialOptions dial{};
  // The first attempt comes at once, the next after a random time in [half, whole] of
  // `redial_first`, which doubles each time up to `redial_last`.
  Duration redial_first = std::chrono::milliseconds{10};
  Duration redial_last = std::chrono::milliseconds{200};
};

class PeerDialer final : public DialEvents {
 public:
  // `events` must outlive it.
  PeerDialer(Runtime& runtime, NodeId peer, const Address& address,
             const PeerDialerOptions& options, Greeting greeting, std::uint64_t seed,
             PeerDialerEvents& events);

  // Until OnDialed. Again when the link that came of it is lost.
  void Begin();
  void SetAddress(const Address& address) { address_ = address; }

  [[nodiscard]] std::uint64_t dials() const { return dials_; }
  [[nodiscard]] std::uint64_t dials_failed() const { return dials_failed_; }

  void OnConnected(std::unique_ptr<Connection> connection, const Hello& theirs) override;
  void OnDialFailed(DialFailure how, const Status& why) override;

 private:
  void Schedule();
  Duration NextDelay();

  Runtime& runtime_;
  const NodeId peer_;
  Address address_;
  const PeerDialerOptions options_;
  const Greeting greeting_;
  Random random_;
  PeerDialerEvents& events_;
  Timer timer_;
  std::unique_ptr<Dial> dial_;
  Instant dialed_at_{};         // when it last succeeded
  std::uint32_t failures_ = 0;  // in a row
  std::uint64_t dials_ = 0;
  std::uint64_t dials_failed_ = 0;
};

}  // namespace paxos::net
