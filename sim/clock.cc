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

}  // namespace

Clock::Clock(Instant at_start, PartsPerMillion rate) : local_then_(at_start) { SetRate({}, rate); }

Instant Clock::Read(Time now) const {
  PAXOS_CHECK("CLOCK", now >= then_, now, then_);
  const std::int64_t elapsed = (now - then_).count();
  return local_then_ + Duration{elapsed + Gain(elapsed, rate_)};
}

Time Clock::WhenShows(Instant local) const {
  if (local == kNever) return kEndOfTime;
  const std::int64_t wanted = (local - local_then_).count();
  if (wanted <= 0) return then_;
  // wanted * 10^6 / (10^6 + rate), again in two parts; off by rounding only, which the loops mend.
  const std::int64_t per = kMillion + rate_;
  Time at = then_ + Duration{wanted / per * kMillion + wanted % per * kMillion / per};
  while (Read(at) < local) at += Duration{1};
  while (at > then_ && Read(at - Duration{1}) >= local) at -= Duration{1};
  return at;
}

void Clock::SetRate(Time now, PartsPerMillion rate) {
  PAXOS_CHECK("CLOCK", -kMillion / 2 <= rate && rate <= kMillion / 2, rate);
  local_then_ = Read(now);
  then_ = now;
  rate_ = rate;
}

}  // namespace paxos::sim
