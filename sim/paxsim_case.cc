#include "sim/paxsim_case.h"

#include <fmt/format.h>

#include <deque>
#include <istream>
#include <sstream>

#include "sim/lock_transcript.h"

namespace paxos::sim {
namespace {

constexpr std::size_t kLastLines = 25;
constexpr std::size_t kLineMax = 200;

std::string Cut(std::string line) {
  if (line.size() > kLineMax) line.replace(kLineMax, std::string::npos, "...");
  return line;
}

// Keeps the lines that tell what happened to the machines, and the last ones of all.
class Storyteller final : public Spectator {
 public:
  void OnEvent(const EventView& event) override {
    is_telling_ = IsTold(event.kind);
    all_.OnEvent(event);
    is_telling_ = false;
  }
  void OnSend(const Envelope& envelope) override { all_.OnSend(envelope); }
  void OnApply(NodeId node, const ApplyContext& context, const Applied& applied) override {
    all_.OnApply(node, context, applied);
  }
  void OnLead(NodeId node, const Ballot& ballot) override {
    is_telling_ = true;
    all_.OnLead(node, ballot);
    is_telling_ = false;
  }

  [[nodiscard]] std::vector<std::string> Take() {
    std::vector<std::string> story = std::move(told_);
    story.emplace_back("...");
    story.insert(story.end(), last_.begin(), last_.end());
    return story;
  }

 private:
  static bool IsTold(EventKind kind) {
    switch (kind) {
      case EventKind::kStart:
      case EventKind::kCrash:
      case EventKind::kStop:
      case EventKind::kPause:
      case EventKind::kResume:
      case EventKind::kWriteFailed:
      case EventKind::kCampaign:
      case EventKind::kResign:
      case EventKind::kFault:
      case EventKind::kHeal:
        return true;
      default:
        return false;
    }
  }

  void Keep(const std::string& line) {
    if (is_telling_) told_.push_back(Cut(line));
    last_.push_back(Cut(line));
    if (last_.size() > kLastLines) last_.pop_front();
  }

  LockTranscript all_{[this](const std::string& line) { Keep(line); }};
  bool is_telling_ = false;
  std::vector<std::string> told_;
  std::deque<std::string> last_;
};

bool ReadFault(std::istream& words, Recipe& recipe) {
  std::int64_t at = 0;
  std::int64_t lasts = 0;
  std::string name;
  Fault fault;
  if (!(words >> at >> name >> std::hex >> fault.choice >> std::dec >> lasts)) return false;
  const std::optional<FaultClass> what = FaultNamed(name);
  if (!what) return false;
  fault.at = Time{Duration{at}};
  fault.what = *what;
  fault.lasts = Duration{lasts};
  recipe.faults->push_back(fault);
  return true;
}

bool ReadWithout(std::istream& words, Recipe& recipe) {
  for (std::string name; words >> name;) {
    const std::optional<FaultClass> what = FaultNamed(name);
    if (!what) return false;
    recipe.allowed.Remove(*what);
  }
  return true;
}

bool ReadLine(const std::string& kind, std::istream& words, Recipe& recipe) {
  if (kind == "workload") return static_cast<bool>(words >> recipe.workload);
  if (kind == "seed") return static_cast<bool>(words >> recipe.seed);
  if (kind == "nodes") return static_cast<bool>(words >> recipe.nodes);
  if (kind == "without") return ReadWithout(words, recipe);
  if (kind == "faults" || kind == "fault") {
    if (!recipe.faults) recipe.faults.emplace();
    return kind == "faults" || ReadFault(words, recipe);
  }
  std::int64_t noise = 0;
  if (kind != "noise" || !(words >> noise)) return false;
  recipe.noise = Duration{noise};
  return true;
}

std::string FaultsText(const std::vector<Fault>& faults) {
  if (faults.empty()) return "faults none\n";
  std::string text;
  for (const Fault& fault : faults) {
    text += fmt::format("fault {} {} {:016x} {}\n", fault.at.time_since_epoch().count(),
                        ShortText(fault.what), fault.choice, fault.lasts.count());
  }
  return text;
}

}  // namespace

std::vector<std::string> StoryOf(const Recipe& recipe) {
  Storyteller teller;
  RunRecipe(recipe, {{&teller}});
  return teller.Take();
}

std::string CaseText(const Recipe& recipe, const std::vector<std::string>& comments) {
  std::string text;
  for (const std::string& line : comments) text += "# " + line + "\n";
  text +=
      fmt::format("workload {}\nseed {}\nnodes {}\n", recipe.workload, recipe.seed, recipe.nodes);
  std::string without;
  for (std::size_t i = 0; i < kFaultClasses; ++i) {
    const auto fault = static_cast<FaultClass>(i);
    if (!recipe.allowed.Has(fault)) without += " " + ShortText(fault);
  }
  if (!without.empty()) text += "without" + without + "\n";
  if (recipe.noise) text += fmt::format("noise {}\n", recipe.noise->count());
  return recipe.faults ? text + FaultsText(*recipe.faults) : text;
}

Result<Recipe> LoadCase(std::istream& in) {
  Recipe recipe;
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::string kind;
    if (!(words >> kind)) continue;
    if (!ReadLine(kind, words, recipe))
      return Status(ErrorCode::kDamaged, "read a case: not a line: " + line);
  }
  return recipe;
}

std::optional<FaultClass> FaultNamed(const std::string& name) {
  for (std::size_t i = 0; i < kFaultClasses; ++i) {
    if (ShortText(static_cast<FaultClass>(i)) == name) return static_cast<FaultClass>(i);
  }
  return std::nullopt;
}

}  // namespace paxos::sim
