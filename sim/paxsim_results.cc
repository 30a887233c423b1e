#include "sim/paxsim_results.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_to.hpp>
#include <filesystem>
#include <iterator>
#include <optional>
#include <system_error>

#include "sim/hash.h"
#include "sim/paxsim_marks.h"

namespace paxos::sim {
namespace {

namespace json = boost::json;

std::int64_t MillisOf(Duration duration) { return duration.count() / 1'000'000; }

json::object HeadOf(const Recipe& recipe) {
  FaultClasses without = FaultClasses::All();
  for (std::size_t i = 0; i < kFaultClasses; ++i) {
    const auto fault = static_cast<FaultClass>(i);
    if (recipe.allowed.Has(fault)) without.Remove(fault);
  }
  return {{"world", HexText(WorldHash())},
          {"workload", recipe.workload},
          {"nodes", recipe.nodes},
          {"without", ShortText(without)}};
}

bool IsSameRecipe(json::object a, json::object b) {
  a.erase("world");
  b.erase("world");
  return a == b;
}

json::object LineOf(const SeedResult& result, const MarkSet& new_marks) {
  json::array names;
  for (std::size_t i = 0; i < AllMarks().size(); ++i) {
    if (new_marks.Has(i)) names.emplace_back(AllMarks()[i].name);
  }
  return {{"seed", result.seed},
          {"hash", HexText(result.hash)},
          {"faults", result.faults},
          {"nodes", result.nodes},
          {"simulated_ms", MillisOf(result.simulated)},
          {"idle_ms", MillisOf(result.idle)},
          {"events", result.events},
          {"leader_changes", result.leader_changes},
          {"crashes", result.crashes},
          {"commands", result.commands},
          {"void_entries", result.void_entries},
          {"calls", result.calls},
          {"reads", result.reads},
          {"grants", result.grants},
          {"expiries", result.expiries},
          {"ordered", result.ordered},
          {"beyond_bounds", result.beyond_bounds},
          {"conditional", result.conditional},
          {"marks", result.marks.size()},
          {"new_marks", names},
          {"tag", result.tag},
          {"what", result.what},
          {"at_ms", MillisOf(result.at)}};
}

void AddLine(const json::object& line, EarlierResults& results) {
  results.seeds.insert(line.at("seed").to_number<std::uint64_t>());
  if (!line.at("tag").as_string().empty()) ++results.failures;
  for (const json::value& name : line.at("new_marks").as_array()) {
    // A mark that is gone from the table is nobody's loss.
    if (const auto mark = FindMark(json::value_to<std::string>(name))) results.marks.Hit(*mark);
  }
}

void AddLines(std::istream& in, const json::object& head, EarlierResults& results) {
  bool is_ours = false;
  for (std::string text; std::getline(in, text);) {
    if (in.eof()) return;  // no end of line: the writer was stopped here
    const json::object line = json::parse(text).as_object();
    if (!line.contains("world")) {
      if (is_ours) AddLine(line, results);
      continue;
    }
    is_ours = IsSameRecipe(line, head);
    if (is_ours && line.at("world") != head.at("world")) results.is_of_another_build = true;
  }
}

// What a run wrote that was stopped in the middle of a line.
void DropCutLine(const std::string& name) {
  std::ifstream file(name, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const std::size_t whole = text.rfind('\n') + 1;  // 0 if there is no end of line
  std::error_code ignored;  // a file that cannot be cut cannot be written either: good() says so
  if (whole < text.size()) std::filesystem::resize_file(name, whole, ignored);
}

}  // namespace

Result<EarlierResults> LoadResults(const std::string& name, const Recipe& recipe) {
  EarlierResults results;
  std::ifstream file(name);
  if (!file) return results;
  try {
    AddLines(file, HeadOf(recipe), results);
  } catch (const std::exception& error) {
    return Status(ErrorCode::kDamaged, "read results " + name + ": " + error.what());
  }
  return results;
}

ResultsFile::ResultsFile(const std::string& name, const Recipe& recipe, const MarkSet& known)
    : known_(known) {
  DropCutLine(name);
  file_.open(name, std::ios::app);
  file_ << json::serialize(HeadOf(recipe)) << std::endl;
}

void ResultsFile::Add(const SeedResult& result) {
  file_ << json::serialize(LineOf(result, result.marks.Without(known_))) << std::endl;
  known_.Add(result.marks);
}

std::uint64_t WorldHash() {
  Hash hash;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    Recipe recipe;
    recipe.seed = seed;
    hash.Add(RunRecipe(recipe).hash);
  }
  return hash.value();
}

}  // namespace paxos::sim
