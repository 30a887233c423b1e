// What proves each of them bad stands at its function. Tokens between those of MakeHistory were
// never granted.
#include <algorithm>
#include <functional>

#include "paxos/random.h"
#include "tests/sim/history_maker.h"

namespace paxos::sim {
namespace {

constexpr Duration kMoment{1000};

bool IsNewGrant(const Deal& deal) { return deal.outcome == Outcome::kGranted && deal.count == 1; }
bool IsLastRelease(const Deal& deal) {
  return deal.outcome == Outcome::kReleased && deal.count == 0;
}

class Spoiler {
 public:
  Spoiler(const History& history, std::uint64_t seed) : history_(history), random_(seed) {}

  std::optional<History> Run(Spoil spoil) {
    return With(spoil) ? std::optional(history_) : std::nullopt;
  }

 private:
  using Deals = std::vector<Deal>;
  using Test = std::function<bool(const Deal&)>;
  using PairTest = std::function<bool(const Deal&, const Deal&)>;

  bool With(Spoil spoil) {
    switch (spoil) {
      case Spoil::kTokensSwapped:
        return SwapTokens();
      case Spoil::kGrantDoubled:
        return DoubleGrant();
      case Spoil::kReleaseAfterNextGrant:
        return ReleaseAfterNextGrant();
      case Spoil::kReleaseLost:
        return LoseRelease();
      case Spoil::kReadOfReleased:
        return ReadReleased(Deed::kGet);
      case Spoil::kCheckOfReleased:
        return ReadReleased(Deed::kCheck);
      case Spoil::kReadOfFuture:
        return ReadFuture();
      case Spoil::kNobodyWhileHeld:
        return DenyHolder();
      case Spoil::kGrantWhileHeld:
        return GrantWhileHeld();
      case Spoil::kOvertaken:
        return Overtake();
      case Spoil::kCountWrong:
        return Miscount();
      case Spoil::kOwnGrantDenied:
        return DenyOwnGrant();
      case Spoil::kGrantAfterEnd:
        return GrantAfterEnd();
      case Spoil::kSpoils:
        return false;
    }
    return false;
  }

  Deal* Pick(const Test& test) {
    std::vector<Deal*> fit;
    for (Deal& deal : history_.deals) {
      if (test(deal)) fit.push_back(&deal);
    }
    return fit.empty() ? nullptr : fit[random_.Below(fit.size())];
  }
  // Two of one lock.
  std::pair<Deal*, Deal*> PickTwo(const PairTest& test) {
    std::vector<std::pair<Deal*, Deal*>> fit;
    for (Deal& a : history_.deals) {
      for (Deal& b : history_.deals) {
        if (a.lock == b.lock && test(a, b)) fit.emplace_back(&a, &b);
      }
    }
    return fit.empty() ? std::pair<Deal*, Deal*>{} : fit[random_.Below(fit.size())];
  }
  static bool IsOver(const Deal& deal) { return deal.outcome != Outcome::kOpen; }

  void AddRead(const Deal& of, Deed deed, Time at, std::uint64_t told) {
    Deal read;
    read.client = 99;
    read.lock = of.lock;
    read.deed = deed;
    read.asked = deed == Deed::kCheck ? told : 0;
    read.invoked = read.returned = at;
    read.outcome = Outcome::kHeldBy;
    read.told = told;
    history_.deals.push_back(read);
  }
  Deal& AddGrant(const Deal& like, Time at, std::uint64_t token) {
    Deal grant;
    grant.client = grant.session = 99'999;
    grant.owner = 1;
    grant.lock = like.lock;
    grant.invoked = grant.returned = at;
    grant.outcome = Outcome::kGranted;
    grant.told = token;
    grant.count = 1;
    return history_.deals.emplace_back(grant);
  }

  // A grant that was told before another was asked for has the lower token.
  bool SwapTokens() {
    const auto [first, second] = PickTwo([](const Deal& a, const Deal& b) {
      return IsNewGrant(a) && IsNewGrant(b) && a.returned < b.invoked;
    });
    if (first == nullptr) return false;
    std::swap(first->told, second->told);
    return true;
  }

  // A token is one owner's.
  bool DoubleGrant() {
    const Deal* grant = Pick(IsNewGrant);
    if (grant == nullptr) return false;
    const Deal copy = *grant;
    AddGrant(copy, copy.returned, copy.told);
    return true;
  }

  // A release cannot succeed after a later grant was told.
  bool ReleaseAfterNextGrant() {
    const auto [release, next] = PickTwo([](const Deal& a, const Deal& b) {
      return IsLastRelease(a) && IsNewGrant(b) && b.told > a.asked;
    });
    if (release == nullptr) return false;
    release->invoked = next->returned + kMoment;
    release->returned = release->invoked + kMoment;
    return true;
  }

  // The session that never released it did something after the next grant was told, so it had not
  // ended: two held the lock.
  bool LoseRelease() {
    const auto lives_on = [this](const Deal& release, const Deal& next) {
      return std::any_of(history_.deals.begin(), history_.deals.end(), [&](const Deal& deal) {
        const bool is_sign =
            deal.outcome == Outcome::kGranted || deal.outcome == Outcome::kReleased;
        return is_sign && deal.session == release.session && deal.invoked > next.returned;
      });
    };
    const auto [release, next] = PickTwo([&](const Deal& a, const Deal& b) {
      return IsLastRelease(a) && IsNewGrant(b) && b.told > a.asked && lives_on(a, b);
    });
    if (release == nullptr) return false;
    history_.deals.erase(history_.deals.begin() + (release - history_.deals.data()));
    return true;
  }

  // After its last release was acknowledged nobody sees a grant.
  bool ReadReleased(Deed deed) {
    const Deal* release = Pick(IsLastRelease);
    if (release == nullptr) return false;
    const Deal copy = *release;
    AddRead(copy, deed, copy.returned + kMoment, copy.asked);
    return true;
  }

  // Nor before it was asked for.
  bool ReadFuture() {
    const Deal* grant = Pick([](const Deal& deal) { return IsNewGrant(deal); });
    if (grant == nullptr) return false;
    const Deal copy = *grant;
    AddRead(copy, Deed::kGet, copy.invoked - kMoment, copy.told);
    return true;
  }

  // From when it was told until its last release is asked for, a grant holds.
  std::pair<Deal*, Deal*> PickHold() {
    return PickTwo([](const Deal& a, const Deal& b) {
      return IsNewGrant(a) && IsLastRelease(b) && a.told == b.asked &&
             a.returned + 2 * kMoment < b.invoked;
    });
  }
  bool DenyHolder() {
    const auto [grant, release] = PickHold();
    if (grant == nullptr) return false;
    const Deal copy = *grant;
    AddRead(copy, Deed::kGet, copy.returned + kMoment, 0);
    return true;
  }
  bool GrantWhileHeld() {
    const auto [grant, release] = PickHold();
    if (grant == nullptr) return false;
    const Deal copy = *grant;
    AddGrant(copy, copy.returned + kMoment, copy.told + 1);
    return true;
  }

  // Who was told to wait is granted before whoever asked later.
  bool Overtake() {
    const auto [waited, later] = PickTwo([](const Deal& a, const Deal& b) {
      return IsNewGrant(a) && IsNewGrant(b) && a.queued && *a.queued < b.invoked;
    });
    if (waited == nullptr) return false;
    std::swap(waited->told, later->told);
    return true;
  }

  // A client that lives has no calls whose effect it does not know.
  bool Miscount() {
    Deal* release = Pick([](const Deal& deal) { return deal.outcome == Outcome::kReleased; });
    if (release == nullptr) return false;
    ++release->count;
    return true;
  }
  bool DenyOwnGrant() {
    const auto [grant, release] = PickTwo([](const Deal& a, const Deal& b) {
      return IsNewGrant(a) && b.outcome == Outcome::kReleased && a.told == b.asked &&
             a.returned < b.invoked;
    });
    if (release == nullptr) return false;
    release->outcome = Outcome::kNotOwner;
    return true;
  }

  // A session that is over is granted nothing.
  bool GrantAfterEnd() {
    const Deal* end = Pick([](const Deal& deal) { return deal.outcome == Outcome::kEnded; });
    const Deal* last = nullptr;
    for (const Deal& deal : history_.deals) {
      if (IsNewGrant(deal) && (last == nullptr || deal.told > last->told)) last = &deal;
    }
    if (end == nullptr || last == nullptr) return false;
    const std::uint64_t session = end->session;
    const Time at = std::max(end->returned, last->returned) + kMoment;
    AddGrant(*last, at, last->told + 1).session = session;
    return true;
  }

  History history_;
  Random random_;
};

}  // namespace

std::string ShortText(Spoil spoil) {
  switch (spoil) {
    case Spoil::kTokensSwapped:
      return "tokens swapped";
    case Spoil::kGrantDoubled:
      return "grant doubled";
    case Spoil::kReleaseAfterNextGrant:
      return "release after the next grant";
    case Spoil::kReleaseLost:
      return "release lost";
    case Spoil::kReadOfReleased:
      return "read of a released grant";
    case Spoil::kCheckOfReleased:
      return "check of a released grant";
    case Spoil::kReadOfFuture:
      return "read of the future";
    case Spoil::kNobodyWhileHeld:
      return "nobody while held";
    case Spoil::kGrantWhileHeld:
      return "grant while held";
    case Spoil::kOvertaken:
      return "overtaken";
    case Spoil::kCountWrong:
      return "count wrong";
    case Spoil::kOwnGrantDenied:
      return "own grant denied";
    case Spoil::kGrantAfterEnd:
      return "grant after the end";
    case Spoil::kSpoils:
      break;
  }
  return "?";
}

std::optional<History> Spoiled(const History& history, Spoil spoil, std::uint64_t seed) {
  return Spoiler(history, seed).Run(spoil);
}

}  // namespace paxos::sim
