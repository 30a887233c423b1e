#include "sim/clock.h"

#include "paxos/check.h"

namespace paxos::sim {
namespace {

constexpr std::int64_t kMillion = 1'000'000;

// floor(elapsed * rate / 10^6), in two parts: the product alone would overflow after hours.
std::int64_t Gain(std::int64_t elapsed, std::int64_t rate) {
  const std::int64_t rest = elapsed % kMillion * rate;
  const std::int64_t floored = rest >= 0 ? rest / kMillion : -((-rest + kMillion - 1) / kMillion);
  return elapsed / kMillion * rate + floored;
}

// Instants are not negative: a run begins at 0 or later on every clock.
Instant RoundedDown(Instant local, Duration granule) {
  return local - local.time_since_epoch() % granule;
}
Instant RoundedUp(Instant local, Duration granule) {
  return RoundedDown(local + (granule - Duration{1}), granule);
}

}  // namespace

Clock::Clock(Instant at_start, PartsPerMillion rate, Duration granule)
    : local_then_(at_start), granule_(granule) {
  Change(Time{}, ClockChange{rate, Duration{}});
}

Instant Clock::Exactly(Time now) const {
  PAXOS_CHECK("CLOCK", now >= then_, now, then_);
  const std::int64_t elapsed = (now - then_).count();
  return local_then_ + Duration{elapsed + Gain(elapsed, rate_)};
}

Instant Clock::Read(Time now) const { return RoundedDown(Exactly(now), granule_); }

Time Clock::WhenShows(Instant local) const {
  if (local == kNever) return kEndOfTime;
  const std::int64_t wanted = (RoundedUp(local, granule_) - local_then_).count();
  if (wanted <= 0) return then_;
  if (rate_ == kFrozen) return kEndOfTime;
  // wanted * 10^6 / (10^6 + rate), again in two parts; off by rounding only, which the loops mend.
  const std::int64_t per = kMillion + rate_;
  Time at = then_ + Duration{wanted / per * kMillion + wanted % per * kMillion / per};
  while (Read(at) < local) at += Duration{1};
  while (at > then_ && Read(at - Duration{1}) >= local) at -= Duration{1};
  return at;
}

void Clock::Change(Time now, const ClockChange& change) {
  const bool is_sane = -kMillion / 2 <= change.rate && change.rate <= kMillion / 2;
  PAXOS_CHECK("CLOCK", is_sane || change.rate == kFrozen, change.rate);
  PAXOS_CHECK("CLOCK", change.step >= Duration{}, change.step);
  local_then_ = Exactly(now) + change.step;
  then_ = now;
  rate_ = change.rate;
}

}  // namespace paxos::sim
