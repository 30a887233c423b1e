// Coverage marks over many seeds: how many hit each, who did first; and the corpus of seeds that
// hit the rare ones.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "paxos/result.h"
#include "sim/marks.h"
#include "sim/paxsim_run.h"

namespace paxos::sim {

// Its place in AllMarks().
std::optional<std::size_t> FindMark(std::string_view name);

class MarkTotals {
 public:
  MarkTotals();
  void Add(const SeedResult& result);
  // Hit before, by seeds that are not counted here.
  void AddKnown(const MarkSet& marks) { known_.Add(marks); }

  [[nodiscard]] MarkSet hit() const;
  [[nodiscard]] std::uint64_t seeds(std::size_t mark) const { return totals_[mark].seeds; }
  // Few lines: how many were hit, the rarest, and those that were not.
  [[nodiscard]] std::string Summary() const;
  // A line per mark: how many seeds hit it, the first of them, what it means.
  [[nodiscard]] std::string Table() const;

 private:
  struct Total {
    std::uint64_t seeds = 0;
    std::uint64_t first = 0;  // the lowest seed
  };
  std::vector<Total> totals_;  // as AllMarks()
  MarkSet known_;
};

// ---- the corpus -----------------------------------------------------------------------------

// Lines of text; '#' begins a comment.
//
//   world 5f0c2a91d3e4b6f7        the build that chose the seeds (see WorldHash)
//   seed 812 void-commands fenced
//
// In another world a seed is another run: it does no harm there, and the corpus is refreshed by
// `paxsim marks --seeds 20000 --corpus FILE`.
struct Corpus {
  struct Seed {
    std::uint64_t seed = 0;
    std::vector<std::string> marks{};
    friend bool operator==(const Seed&, const Seed&) = default;
  };
  std::string world{};
  std::vector<Seed> seeds{};
  friend bool operator==(const Corpus&, const Corpus&) = default;
};

Result<Corpus> LoadCorpus(std::istream& in);
Result<Corpus> LoadCorpus(const std::string& file);
std::string ToText(const Corpus& corpus);

// The marks of the corpus that these results do not have, as names.
std::vector<std::string> MissingMarks(const Corpus& corpus, const MarkSet& hit);

// Picks seeds that together hit every mark that at most one in `rare` of the seeds hits: whoever
// hits most of those that are left comes first.
class CorpusPicker {
 public:
  void Add(const SeedResult& result) { results_.push_back({result.seed, result.marks}); }
  [[nodiscard]] Corpus Pick(std::uint64_t rare) const;

 private:
  struct Seen {
    std::uint64_t seed = 0;
    MarkSet marks{};
  };
  std::vector<Seen> results_;
};

}  // namespace paxos::sim
