// Which server a client talks to: one at a time, in turn, where NotLeader points, and not too
// eagerly while nobody leads.
//
//   down --(back-off over)--> connecting --OnConnected--> up
//     ^                           |                        |
//     '------- refused, timed out, closed, hung, NotLeader-'
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "paxos/archive.h"
#include "paxos/random.h"
#include "paxos/strong_id.h"
#include "paxos/time.h"

namespace lockservice {

// One attempt to reach a server and the connection that comes of it; never reused by a client.
using LinkId = paxos::StrongId<struct LinkTag>;

struct Connect {
  LinkId link{};
  std::string endpoint{};
  friend bool operator==(const Connect&, const Connect&) = default;
};

template <class Archive>
void serialize(Archive& ar, Connect& c, unsigned /*version*/) {
  ar& paxos::Named("link", c.link) & paxos::Named("endpoint", c.endpoint);
}

struct LinkOptions {
  std::vector<std::string> endpoints{};
  paxos::Duration connect_timeout{};
  paxos::Duration backoff_min{};
  paxos::Duration backoff_max{};
};

class Link {
 public:
  // `seed` decides the first server and the jitter.
  Link(LinkOptions options, std::uint64_t seed);

  [[nodiscard]] bool IsUp() const { return stage_ == Stage::kUp; }
  // Events of other links are stale.
  [[nodiscard]] bool IsCurrent(LinkId link) const {
    return link == link_ && stage_ != Stage::kDown;
  }
  [[nodiscard]] LinkId id() const { return link_; }

  void OnConnected();
  // Closed, refused or hung: try the next server.
  void Leave(paxos::Instant now);
  // The server does not lead; `address` does, or is empty.
  void Redirect(paxos::Instant now, const std::string& address);
  // The server does what it is asked: the next trouble starts with a short back-off.
  void OnProgress();

  // The attempt took too long; call Leave.
  [[nodiscard]] bool HasTimedOut(paxos::Instant now) const;
  // Begins an attempt if the link is down and the back-off is over.
  std::optional<Connect> Attempt(paxos::Instant now);

  [[nodiscard]] paxos::Instant next_wakeup() const;
  // The back-off after `failures` failures in a row, at most `longest`; random in [1/2, 1] of the
  // nominal one.
  paxos::Duration Backoff(std::uint32_t failures, paxos::Duration longest);

 private:
  enum class Stage : std::uint8_t { kDown, kConnecting, kUp };

  void GoDown(paxos::Instant not_before);
  void NextInTurn();

  LinkOptions options_;
  paxos::Random random_;
  Stage stage_ = Stage::kDown;
  LinkId link_{};
  std::size_t turn_ = 0;              // into endpoints
  std::string hint_{};                // asked instead of endpoints[turn_], once
  paxos::Instant alarm_{};            // down: not before; connecting: give up
  std::uint32_t failures_ = 0;        // since the last progress
  std::uint32_t hints_followed_ = 0;  // in a row: two servers may point at each other
};

}  // namespace lockservice
