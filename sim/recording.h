// A run on disk: from which seed, under what, and every event of it. Written in
// Boost.Serialization's text format through the types' own descriptions; for people, for comparing
// runs of two builds, and as a corpus. Ours and trusted: never read one from a stranger.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "paxos/result.h"
#include "sim/spectator.h"

namespace paxos::sim {

// All that a run depends on, besides the code.
struct Recipe {
  static constexpr const char* kName = "Recipe";
  std::string workload = "locks";  // or "ledger"
  std::uint64_t seed = 0;
  FaultClasses allowed = FaultClasses::All();
  std::uint64_t nodes = 0;  // 0: as the seed says
  // How long faults go on; none: as the seed says.
  std::optional<Duration> noise{};
  // The only faults there are, besides those that shape the whole run; none: as the seed says.
  std::optional<std::vector<Fault>> faults{};
  friend bool operator==(const Recipe&, const Recipe&) = default;
};
template <class Archive>
void serialize(Archive& ar, Recipe& r, unsigned /*version*/) {
  ar& Named("workload", r.workload) & Named("seed", r.seed) & Named("allowed", r.allowed) &
      Named("nodes", r.nodes) & Named("noise", r.noise) & Named("faults", r.faults);
}

struct Recording {
  Recipe recipe{};
  std::uint64_t hash = 0;
  std::string verdict{};  // empty, or the violation
  std::vector<Event> events{};
  friend bool operator==(const Recording&, const Recording&) = default;
};
template <class Archive>
void serialize(Archive& ar, Recording& r, unsigned /*version*/) {
  ar& Named("recipe", r.recipe) & Named("hash", r.hash) & Named("verdict", r.verdict) &
      Named("events", r.events);
}

Status Save(const Recording& recording, std::ostream& out);
Result<Recording> LoadRecording(std::istream& in);

// Keeps what happens, for a recording.
class Recorder final : public Spectator {
 public:
  void OnEvent(const EventView& event) override { events_.push_back(event.ToEvent()); }
  [[nodiscard]] std::vector<Event> Take() { return std::move(events_); }

 private:
  std::vector<Event> events_;
};

// The first event in which two runs differ, as text of both; empty if they do not.
std::string FirstDifference(const std::vector<Event>& recorded, const std::vector<Event>& now);

}  // namespace paxos::sim
