#include "tests/paxos/scenario.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <map>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <vector>

#include "tests/paxos/scenario_world.h"

namespace paxos::scenario {
namespace {

using Words = std::vector<std::string>;

Words Split(const std::string& text, char separator) {
  Words words;
  std::istringstream in(text);
  for (std::string word; std::getline(in, word, separator);)
    if (!word.empty()) words.push_back(word);
  return words;
}

const std::string& Word(const Words& words, std::size_t i) {
  if (i >= words.size()) throw std::runtime_error("a word is missing");
  return words[i];
}

std::uint64_t Number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size())
    throw std::runtime_error("not a number: " + std::string(text));
  return number;
}

// "n3"; "*" is any.
NodeId Node(const std::string& text) {
  if (text == "*") return NodeId{};
  if (text.size() < 2 || text[0] != 'n') throw std::runtime_error("not a node: " + text);
  return NodeId{Number(std::string_view(text).substr(1))};
}

std::vector<NodeId> Nodes(const Words& words, std::size_t from) {
  std::vector<NodeId> nodes;
  for (std::size_t i = from; i < words.size(); ++i) nodes.push_back(Node(words[i]));
  return nodes;
}

// "2.1": round 2 of node 1.
Ballot BallotOf(const std::string& text) {
  const Words parts = Split(text, '.');
  return Ballot{Number(Word(parts, 0)), NodeId{Number(Word(parts, 1))}};
}

// "300ms", "2s"
Duration Time(const std::string& text) {
  const std::size_t digits = text.find_first_not_of("0123456789");
  const auto count = static_cast<std::int64_t>(Number(std::string_view(text).substr(0, digits)));
  const std::string unit = digits == std::string::npos ? "" : text.substr(digits);
  if (unit == "ms") return std::chrono::milliseconds(count);
  if (unit == "s") return std::chrono::seconds(count);
  throw std::runtime_error("not a time: " + text);
}

struct Link {
  NodeId from{};
  NodeId to{};
};

// "n1->n2"
Link LinkOf(const std::string& text) {
  const std::size_t arrow = text.find("->");
  if (arrow == std::string::npos) throw std::runtime_error("not a link: " + text);
  return {Node(text.substr(0, arrow)), Node(text.substr(arrow + 2))};
}

// "n1->n2", or "n1 n2": both ways
std::vector<Link> LinksOf(const Words& words) {
  if (words.size() == 1) return {LinkOf(words[0])};
  const NodeId a = Node(Word(words, 0));
  const NodeId b = Node(Word(words, 1));
  return {{a, b}, {b, a}};
}

// "n1->n2", or "n1->n2 Accept slot=5"
Pattern PatternOf(const Words& words) {
  const Link link = LinkOf(Word(words, 0));
  Pattern pattern{link.from, link.to, {}, {}};
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (words[i].find('=') == std::string::npos)
      pattern.kind = words[i];
    else
      pattern.fields.push_back(words[i]);
  }
  return pattern;
}

void Set(const std::string& setting, ReplicaOptions* options) {
  const Words parts = Split(setting, '=');
  const std::string& name = Word(parts, 0);
  const std::string& value = Word(parts, 1);
  if (name == "alpha")
    options->alpha = static_cast<std::uint32_t>(Number(value));
  else if (name == "batch_commands_max")
    options->batch_commands_max = Number(value);
  else if (name == "fetch_bytes_max")
    options->fetch_bytes_max = Number(value);
  else if (name == "tail_bytes_max")
    options->tail_bytes_max = Number(value);
  else if (name == "own_disk_stall_max")
    options->own_disk_stall_max = Time(value);
  else
    throw std::runtime_error("no such option: " + name);
}

// "promised 3.1", "accepted 5 1.2 v", "chosen 1 1.2 v": an entry first proposed in that ballot
std::vector<Record> Past(const Words& words) {
  const std::string& what = Word(words, 1);
  if (what == "promised") return {PromisedRecord{BallotOf(Word(words, 2))}};
  const Slot slot{Number(Word(words, 2))};
  const Ballot ballot = BallotOf(Word(words, 3));
  const SharedEntry entry{Entry{ballot, {}, {Word(words, 4)}}};
  if (what == "accepted") return {AcceptedRecord{slot, ballot, entry}};
  if (what == "chosen") return {LearnedRecord{slot, entry}, ChosenMarkRecord{slot}};
  throw std::runtime_error("no such past: " + what);
}

class Player {
 public:
  std::string Do(const std::string& line) {
    Words words = Split(line, ' ');
    const bool is_quiet = Word(words, 0) == "quietly";
    if (is_quiet) words.erase(words.begin());
    if (Word(words, 0) == "nodes") return Begin(words);
    if (!world_) throw std::runtime_error("a story begins with: nodes <count>");
    world_->SetQuiet(is_quiet);
    const auto command = Commands().find(Word(words, 0));
    if (command == Commands().end()) throw std::runtime_error("no such command: " + words[0]);
    words.erase(words.begin());
    command->second(*world_, words);
    return world_->TakeTranscript();
  }

 private:
  using Command = void (*)(World&, const Words&);

  std::string Begin(const Words& words) {
    ReplicaOptions options;
    for (std::size_t i = 2; i < words.size(); ++i) Set(words[i], &options);
    world_.emplace(options, Number(Word(words, 1)));
    return "";
  }

  static const std::map<std::string, Command>& Commands() {
    static const std::map<std::string, Command> commands = {
        {"past", [](World& w, const Words& a) { w.Remember(Node(Word(a, 0)), Past(a)); }},
        {"forgot",
         [](World& w, const Words& a) { w.Forget(Node(Word(a, 0)), Slot{Number(Word(a, 1))}); }},
        {"campaign", [](World& w, const Words& a) { w.Campaign(Node(Word(a, 0))); }},
        {"resign", [](World& w, const Words& a) { w.Resign(Node(Word(a, 0))); }},
        {"propose",
         [](World& w, const Words& a) {
           w.Propose(Node(Word(a, 0)), Words(a.begin() + 1, a.end()));
         }},
        {"read", [](World& w, const Words& a) { w.Read(Node(Word(a, 0))); }},
        {"sleep", [](World& w, const Words& a) { w.Sleep(Node(Word(a, 0)), Time(Word(a, 1))); }},
        {"tick", [](World& w, const Words& a) { w.Tick(Node(Word(a, 0)), Time(Word(a, 1))); }},
        {"link-down",
         [](World& w, const Words& a) { w.LinkDown(Node(Word(a, 0)), Node(Word(a, 1))); }},
        {"sync",
         [](World& w, const Words& a) {
           w.Sync(Node(Word(a, 0)), a.size() > 1 ? Number(a[1]) : SIZE_MAX);
         }},
        {"crash",
         [](World& w, const Words& a) {
           w.Crash(Node(Word(a, 0)), a.size() > 1 ? Number(a[1]) : 0);
         }},
        {"restart", [](World& w, const Words& a) { w.Restart(Node(Word(a, 0))); }},
        {"deliver", [](World& w, const Words& a) { w.Deliver(PatternOf(a)); }},
        {"deliver-all", [](World& w, const Words& a) { w.DeliverAll(PatternOf(a)); }},
        {"repeat", [](World& w, const Words& a) { w.Repeat(PatternOf(a)); }},
        {"drop", [](World& w, const Words& a) { w.Drop(PatternOf(a)); }},
        {"hold", [](World& w, const Words& a) { w.Hold(PatternOf(a)); }},
        {"release", [](World& w, const Words& a) { w.Release(PatternOf(a)); }},
        {"cut",
         [](World& w, const Words& a) {
           for (const Link& link : LinksOf(a)) w.Cut(link.from, link.to);
         }},
        {"heal",
         [](World& w, const Words& a) {
           for (const Link& link : LinksOf(a)) w.Heal(link.from, link.to);
         }},
        {"stick", [](World& w, const Words& a) { w.Stick(Node(Word(a, 0)), true); }},
        {"unstick", [](World& w, const Words& a) { w.Stick(Node(Word(a, 0)), false); }},
        {"elect", [](World& w, const Words& a) { w.Elect(Node(Word(a, 0)), Nodes(a, 1)); }},
        {"choose",
         [](World& w, const Words& a) { w.Choose(Node(Word(a, 0)), Word(a, 1), Nodes(a, 2)); }},
        {"settle", [](World& w, const Words& /*a*/) { w.Settle(); }},
        {"show", [](World& w, const Words& a) { w.Show(Node(Word(a, 0))); }},
    };
    return commands;
  }

  std::optional<World> world_;
};

}  // namespace

std::string Play(std::string_view transcript) {
  Player player;
  std::string played;
  std::istringstream in{std::string(transcript)};
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    const bool is_command = line.rfind("> ", 0) == 0;
    if (!is_command && !line.empty() && line[0] != '#') continue;  // what was said last time
    played += line + "\n";
    if (!is_command) continue;
    try {
      played += player.Do(line.substr(2));
    } catch (const std::runtime_error& problem) {
      throw std::runtime_error("line " + std::to_string(number) + ": " + problem.what() + "\n" +
                               played);
    }
  }
  return played;
}

}  // namespace paxos::scenario
