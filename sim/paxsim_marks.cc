#include "sim/paxsim_marks.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <sstream>

namespace paxos::sim {

std::optional<std::size_t> FindMark(std::string_view name) {
  const std::vector<Mark>& all = AllMarks();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Mark& mark) { return mark.name == name; });
  if (found == all.end()) return std::nullopt;
  return static_cast<std::size_t>(found - all.begin());
}

// ---- totals ---------------------------------------------------------------------------------

MarkTotals::MarkTotals() : totals_(AllMarks().size()) {}

void MarkTotals::Add(const SeedResult& result) {
  for (std::size_t i = 0; i < totals_.size(); ++i) {
    if (!result.marks.Has(i)) continue;
    Total& total = totals_[i];
    if (total.seeds++ == 0 || result.seed < total.first) total.first = result.seed;
  }
}

MarkSet MarkTotals::hit() const {
  MarkSet marks = known_;
  for (std::size_t i = 0; i < totals_.size(); ++i) {
    if (totals_[i].seeds > 0) marks.Hit(i);
  }
  return marks;
}

std::string MarkTotals::Summary() const {
  constexpr std::size_t kRarest = 6;
  std::vector<std::size_t> counted;
  std::string missing;
  const MarkSet all_hit = hit();
  for (std::size_t i = 0; i < totals_.size(); ++i) {
    if (totals_[i].seeds > 0) counted.push_back(i);
    if (!all_hit.Has(i)) missing += fmt::format(" {}", AllMarks()[i].name);
  }
  std::stable_sort(counted.begin(), counted.end(), [this](std::size_t a, std::size_t b) {
    return totals_[a].seeds < totals_[b].seeds;
  });
  std::string rarest;
  for (std::size_t i = 0; i < std::min(kRarest, counted.size()); ++i) {
    const Total& total = totals_[counted[i]];
    rarest +=
        fmt::format(" {} ({}, seed {})", AllMarks()[counted[i]].name, total.seeds, total.first);
  }
  return fmt::format("marks: {} of {} hit; rarest:{}\n{}", all_hit.size(), totals_.size(), rarest,
                     missing.empty() ? "" : fmt::format("  not hit:{}\n", missing));
}

std::string MarkTotals::Table() const {
  std::string text = fmt::format("{:<30}{:>8}{:>9}  {}\n", "mark", "seeds", "first", "meaning");
  for (std::size_t i = 0; i < totals_.size(); ++i) {
    const Total& total = totals_[i];
    const std::string first = total.seeds == 0 ? "-" : std::to_string(total.first);
    text += fmt::format("{:<30}{:>8}{:>9}  {}\n", AllMarks()[i].name, total.seeds, first,
                        AllMarks()[i].meaning);
  }
  return text;
}

// ---- the corpus -----------------------------------------------------------------------------

Result<Corpus> LoadCorpus(std::istream& in) {
  Corpus corpus;
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::string kind;
    if (!(words >> kind)) continue;
    bool is_understood = false;
    if (kind == "world") {
      is_understood = static_cast<bool>(words >> corpus.world);
    } else if (kind == "seed") {
      Corpus::Seed seed;
      is_understood = static_cast<bool>(words >> seed.seed);
      for (std::string mark; words >> mark;) seed.marks.push_back(mark);
      corpus.seeds.push_back(std::move(seed));
    }
    if (!is_understood) return Status(ErrorCode::kDamaged, "read a corpus: not a line: " + line);
  }
  return corpus;
}

Result<Corpus> LoadCorpus(const std::string& file) {
  std::ifstream in(file);
  if (!in) return Status(ErrorCode::kNotFound, "read a corpus: cannot open " + file);
  return LoadCorpus(in);
}

std::string ToText(const Corpus& corpus) {
  std::string text =
      "# Seeds that hit rare coverage marks, and which (`paxsim marks` says what they mean).\n"
      "# `paxsim fuzz --corpus FILE` runs them first. Written, and to be refreshed whenever it\n"
      "# reports many marks as missing, by: paxsim marks --seeds 20000 --corpus FILE\n";
  text += "world " + corpus.world + "\n";
  for (const Corpus::Seed& seed : corpus.seeds) {
    text += "seed " + std::to_string(seed.seed);
    for (const std::string& mark : seed.marks) text += " " + mark;
    text += "\n";
  }
  return text;
}

std::vector<std::string> MissingMarks(const Corpus& corpus, const MarkSet& hit) {
  std::vector<std::string> missing;
  for (const Corpus::Seed& seed : corpus.seeds) {
    for (const std::string& name : seed.marks) {
      const std::optional<std::size_t> mark = FindMark(name);
      if (!mark || !hit.Has(*mark)) missing.push_back(name);
    }
  }
  return missing;
}

Corpus CorpusPicker::Pick(std::uint64_t rare) const {
  std::vector<std::uint64_t> seeds(AllMarks().size());
  for (const Seen& each : results_) {
    for (std::size_t i = 0; i < seeds.size(); ++i) seeds[i] += each.marks.Has(i) ? 1 : 0;
  }
  MarkSet wanted;
  for (std::size_t i = 0; i < seeds.size(); ++i) {
    if (seeds[i] > 0 && seeds[i] * rare <= results_.size()) wanted.Hit(i);
  }
  Corpus corpus;
  const auto gain = [&](const Seen& each) {
    return wanted.size() - wanted.Without(each.marks).size();
  };
  while (wanted.size() > 0) {
    const auto best =
        std::max_element(results_.begin(), results_.end(), [&](const Seen& a, const Seen& b) {
          return gain(a) != gain(b) ? gain(a) < gain(b) : a.seed > b.seed;
        });
    Corpus::Seed seed{best->seed, {}};
    for (std::size_t i = 0; i < seeds.size(); ++i) {
      if (wanted.Has(i) && best->marks.Has(i)) seed.marks.emplace_back(AllMarks()[i].name);
    }
    wanted = wanted.Without(best->marks);
    corpus.seeds.push_back(std::move(seed));
  }
  return corpus;
}

}  // namespace paxos::sim
