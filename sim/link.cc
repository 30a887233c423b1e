#include "sim/link.h"

namespace paxos::sim {

Link::Link(const Chance& chance, std::uint64_t from, std::uint64_t to, const LinkOptions& options)
    : chance_(chance),
      options_(options),
      latency_(chance.KeyOf(Subject::kLatency, from, to)),
      loss_(chance.KeyOf(Subject::kLoss, from, to)),
      duplication_(chance.KeyOf(Subject::kDuplication, from, to)),
      corruption_(chance.KeyOf(Subject::kCorruption, from, to)) {}

Link::Fate Link::Send(Time now) {
  const std::uint64_t message = sent_++;
  const auto hits = [&](FaultClass what, std::uint64_t draw, PerMillion probability) {
    return chance_.Hits(now, what, draw, probability);
  };
  Fate fate;
  if (!hits(FaultClass::kLoss, Mix(loss_, message), options_.loss))
    fate.arrival = now + Latency(now, message);
  if (hits(FaultClass::kDuplication, Mix(duplication_, message), options_.duplication)) {
    Random random(Mix(duplication_, ~message));
    fate.copy = now + LogUniform(random, options_.latency_min, options_.duplicate_after_max);
  }
  fate.is_corrupt = hits(FaultClass::kCorrupt, Mix(corruption_, message), options_.corruption);
  return fate;
}

Duration Link::Latency(Time now, std::uint64_t message) {
  const std::uint64_t draw = Mix(latency_, message);
  Duration extra = Exponential(draw, options_.latency_mean);
  if (chance_.Hits(now, FaultClass::kTails, Mix(latency_, ~message), options_.tail))
    extra += 100 * options_.latency_mean;
  return options_.latency_min + extra;
}

void Link::Calm() {
  options_.tail = options_.loss = options_.duplication = options_.corruption = 0;
}

}  // namespace paxos::sim
