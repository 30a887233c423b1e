#include "sim/paxsim_shrink.h"

#include <algorithm>
#include <utility>

namespace paxos::sim {
namespace {

using WallClock = std::chrono::steady_clock;

// How much longer than to the failure a shorter run may go on: what is left out may delay it.
constexpr Duration kGrace = std::chrono::seconds{1};

class Shrinker {
 public:
  Shrinker(const Recipe& recipe, const ShrinkOptions& options)
      : options_(options), deadline_(WallClock::now() + options.time_limit) {
    shrunk_.recipe = recipe;
  }

  std::optional<Shrunk> Run() {
    if (!Begin()) return std::nullopt;
    std::size_t before = 0;
    do {
      before = Faults().size() + Classes();
      Shorten();
      DropClasses();
      DropFaults();
    } while (!IsLate() && Faults().size() + Classes() < before);
    shrunk_.is_minimal = !IsLate();
    return std::move(shrunk_);
  }

 private:
  [[nodiscard]] const std::vector<Fault>& Faults() const { return *shrunk_.recipe.faults; }
  [[nodiscard]] bool IsLate() const { return WallClock::now() >= deadline_; }
  [[nodiscard]] bool Has(FaultClass fault) const {
    return SwarmOf(shrunk_.recipe).classes.Has(fault);
  }
  [[nodiscard]] std::size_t Classes() const {
    std::size_t count = 0;
    for (std::size_t i = 0; i < kFaultClasses; ++i) count += Has(static_cast<FaultClass>(i));
    return count;
  }

  // The failure itself, its faults written out.
  bool Begin() {
    std::vector<Fault> faults;
    shrunk_.result = options_.run(shrunk_.recipe, faults);
    ++shrunk_.runs;
    shrunk_.faults_before = faults.size();
    shrunk_.recipe.faults = std::move(faults);
    return !shrunk_.result.tag.empty();
  }

  // Takes the candidate if it fails alike.
  bool Try(Recipe candidate) {
    std::vector<Fault> happened;
    SeedResult result = options_.run(candidate, happened);
    ++shrunk_.runs;
    if (result.tag != shrunk_.result.tag) return false;
    candidate.faults = std::move(happened);
    shrunk_.recipe = std::move(candidate);
    shrunk_.result = std::move(result);
    if (options_.on_progress) options_.on_progress(Faults().size(), shrunk_.runs);
    return true;
  }

  // The healing right behind the failure: runs that do not fail end soon.
  void Shorten() {
    const Duration noise = shrunk_.result.at + kGrace;
    if (noise >= SwarmOf(shrunk_.recipe).noise) return;
    Recipe candidate = shrunk_.recipe;
    candidate.noise = noise;
    Try(std::move(candidate));
  }

  void DropClasses() {
    for (std::size_t i = 0; i < kFaultClasses && !IsLate(); ++i) {
      const auto fault_class = static_cast<FaultClass>(i);
      if (!Has(fault_class)) continue;
      Recipe candidate = shrunk_.recipe;
      candidate.allowed.Remove(fault_class);
      std::erase_if(*candidate.faults, [&](const Fault& each) { return each.what == fault_class; });
      Try(std::move(candidate));
    }
  }

  void DropFaults() {
    for (std::size_t part = (Faults().size() + 1) / 2; part > 0 && !IsLate();) {
      if (!DropParts(part) || part > Faults().size()) part = part == 1 ? 0 : (part + 1) / 2;
    }
  }

  // Each part of this length in turn. True if any could be left out.
  bool DropParts(std::size_t part) {
    bool has_dropped = false;
    for (std::size_t from = 0; from < Faults().size() && !IsLate();) {
      Recipe candidate = shrunk_.recipe;
      const auto begin = candidate.faults->begin() + static_cast<std::ptrdiff_t>(from);
      const std::size_t length = std::min(part, Faults().size() - from);
      candidate.faults->erase(begin, begin + static_cast<std::ptrdiff_t>(length));
      if (Try(std::move(candidate))) {
        has_dropped = true;
      } else {
        from += part;
      }
    }
    return has_dropped;
  }

  const ShrinkOptions& options_;
  WallClock::time_point deadline_;
  Shrunk shrunk_;
};

}  // namespace

SeedResult RunForFaults(const Recipe& recipe, std::vector<Fault>& happened) {
  RunAudience audience;
  audience.faults = &happened;
  return RunRecipe(recipe, audience);
}

std::optional<Shrunk> Shrink(const Recipe& recipe, const ShrinkOptions& options) {
  return Shrinker(recipe, options).Run();
}

}  // namespace paxos::sim
