#include "sim/exhaust_trace.h"

#include <algorithm>

#include "paxos/text_writer.h"
#include "sim/exhaust_judge.h"

namespace paxos::sim {
namespace {

// "Accept ballot=1.1 slot=1 prefix=0": the kind and the leading fields that are plain.
std::string PatternOf(const Message& message) {
  const std::string text = ToText(message);
  std::string pattern = text.substr(0, text.find('{'));
  std::size_t begin = pattern.size() + 1;
  while (begin < text.size()) {
    const std::size_t end = text.find_first_of(" }", begin);
    const std::string field = text.substr(begin, end - begin);
    if (field.find_first_of("{[\"") != std::string::npos) break;
    pattern += " " + field;
    begin = end + 1;
  }
  return pattern;
}

std::string NextCommandOf(const Process& leader, NodeId node) {
  return CommandOf(node, leader.node->replica().proposer().leading()->next_slot);
}

bool IsSame(const ExhaustStep& a, const ExhaustStep& b) { return a.Pack() == b.Pack(); }

// A message that arrives again later is repeated now.
std::string LineOf(const ExhaustWire& wire, const Process& process,
                   const std::vector<ExhaustStep>& path, std::size_t at) {
  const ExhaustStep& step = path[at];
  const std::string node = NameOf(step.node);
  switch (step.act) {
    case Act::kCampaign:
      return "campaign " + node;
    case Act::kPropose:
      return "propose " + node + " " + NextCommandOf(process, step.node);
    case Act::kSync:
      return "sync " + node + " 1";
    case Act::kCrash:
      return "crash " + node + "\n> restart " + node;
    case Act::kBeat:
      return "tick " + node + " 100ms";
    case Act::kDeliver:
      break;
  }
  const auto rest = path.begin() + static_cast<std::ptrdiff_t>(at) + 1;
  const bool again = std::any_of(rest, path.end(), [&](const auto& s) { return IsSame(s, step); });
  const Envelope& envelope = wire.Find(step.message);
  return (again ? "repeat " : "deliver ") + NameOf(envelope.from) + "->" + node + " " +
         PatternOf(envelope.message);
}

}  // namespace

std::string TraceText(const ExhaustBounds& bounds, ExhaustNodes& nodes,
                      const std::vector<ExhaustStep>& path, const Violation& violation) {
  std::vector<Process> cluster;
  for (std::size_t i = 1; i <= bounds.nodes; ++i)
    cluster.emplace_back(nodes.ProcessOf(nodes.First(NodeId{i})));
  std::string text =
      "> nodes " + std::to_string(bounds.nodes) + " alpha=" + std::to_string(bounds.alpha()) + "\n";
  for (std::size_t i = 0; i < path.size(); ++i) {
    Process& process = cluster[path[i].node.value() - 1];
    text += "> " + LineOf(nodes.wire(), process, path, i) + "\n";
    text += nodes.Tell(process, path[i]);
  }
  return text + "# broken: " + violation.what + "\n";
}

}  // namespace paxos::sim
