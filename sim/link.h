// One direction of a wire: decides for each message when it arrives, if at all, and whether a copy
// of it arrives once more, perhaps minutes later.
//
// The k-th message's fate is a function of (seed, link, k): each kind of trouble draws from a
// stream of its own, so turning one off does not move the others.
#pragma once

#include <cstdint>
#include <optional>

#include "sim/chance.h"
#include "sim/true_time.h"

namespace paxos::sim {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

struct LinkOptions {
  Duration latency_min = microseconds{100};
  Duration latency_mean = microseconds{200};  // on top of the minimum, exponential
  PerMillion tail = 0;                        // messages that take a hundred times as long
  PerMillion loss = 0;
  PerMillion duplication = 0;
  PerMillion corruption = 0;
  Duration duplicate_after_max = seconds{1};  // the copy's delay: log-uniform from the minimum
};

class Link {
 public:
  Link(const Chance& chance, std::uint64_t from, std::uint64_t to, const LinkOptions& options);

  struct Fate {
    std::optional<Time> arrival{};  // none: lost
    std::optional<Time> copy{};     // a second arrival
    bool is_corrupt = false;        // what arrives first is not what was sent
  };
  Fate Send(Time now);

  // From now on nothing but latency.
  void Calm();

 private:
  Duration Latency(Time now, std::uint64_t message);

  Chance chance_;
  LinkOptions options_;
  std::uint64_t latency_;
  std::uint64_t loss_;
  std::uint64_t duplication_;
  std::uint64_t corruption_;
  std::uint64_t sent_ = 0;
};

}  // namespace paxos::sim
