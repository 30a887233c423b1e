// Judges the history of a run under faults (bench/lock_history.h), with the disks that the servers
// left behind: did ever two clients believe to hold one lock, did a token not grow, is anything
// lost that a client was told? Shares no code with what it judges but formats and state machines.
//
//   lockcheck --history FILE --data DIR --data DIR --data DIR
//
// Exit codes: 0; 64 usage; 65 a file cannot be read; 70 there are violations, each printed.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <iostream>
#include <set>
#include <string>
#include <vector>

#include "bench/lockcheck_beliefs.h"
#include "bench/lockcheck_history.h"
#include "bench/lockcheck_log.h"
#include "bench/lockcheck_replica.h"

namespace bench {
namespace {

constexpr int kUsage = 64;
constexpr int kUnreadable = 65;
constexpr int kViolation = 70;

// Of each kind; one broken rule shows in thousands of places.
constexpr std::size_t kShownMax = 10;

int FailToRead(const std::string& what, const paxos::Status& why) {
  std::cout << "lockcheck: " << what << ": " << why.message() << '\n';
  return kUnreadable;
}

std::size_t Report(const Violations& violations) {
  for (std::size_t i = 0; i < std::min(violations.size(), kShownMax); ++i)
    std::cout << "VIOLATION " << violations[i] << '\n';
  if (violations.size() > kShownMax)
    std::cout << "... and " << violations.size() - kShownMax << " more of this kind\n";
  return violations.size();
}

std::size_t JudgeBeliefs(const History& history) {
  std::set<std::string> locks;
  for (const Belief& belief : history.beliefs) locks.insert(belief.lock);
  std::cout << "lockcheck: " << history.beliefs.size() << " beliefs to hold one of " << locks.size()
            << " locks: disjoint, with growing tokens?\n";
  return Report(CheckBeliefs(history.beliefs));
}

std::size_t JudgeLogs(const History& history, const std::vector<ReplicaLog>& replicas) {
  LogReplay replay;
  const ReplicaLog& longest = Longest(replicas);
  for (paxos::Slot slot{1}; slot <= longest.prefix(); ++slot)
    replay.Apply(slot, **longest.Find(slot));
  std::cout << "lockcheck: " << replicas.size() << " replicas, " << longest.prefix().value()
            << " slots, " << replay.commands() << " commands: the same everywhere?\n";
  std::size_t count = Report(CheckAgreement(replicas)) + Report(replay.violations());
  std::cout << "lockcheck: " << history.answers.size()
            << " acknowledged commands: on every replica, with the reply that was given?\n";
  return count + Report(CheckAnswers(history.answers, replay, replicas));
}

void DescribeStrikes(const History& history) {
  std::vector<std::int64_t> waits;
  for (const Strike& strike : history.strikes)
    waits.push_back((strike.next_grant - strike.at) / std::chrono::milliseconds{1});
  if (waits.empty()) return;
  std::sort(waits.begin(), waits.end());
  std::cout << "lockcheck: " << waits.size() << " strikes; next grant after ms: median "
            << waits[waits.size() / 2] << ", worst " << waits.back() << '\n';
}

int Judge(const std::string& path, const std::vector<std::string>& directories) {
  std::ifstream file(path);
  const auto history = ReadHistory(file);
  if (!history) return FailToRead(path, history.error());
  if (history->beliefs.empty() || history->answers.empty())
    return FailToRead(path, {paxos::ErrorCode::kNotFound, "there is nothing in it to judge"});
  std::vector<ReplicaLog> replicas;
  for (const std::string& directory : directories) {
    auto replica = ReadReplica(directory);
    if (!replica) return FailToRead(directory, replica.error());
    replicas.push_back(*std::move(replica));
  }
  const std::size_t violations = JudgeBeliefs(*history) + JudgeLogs(*history, replicas);
  DescribeStrikes(*history);
  std::cout << "lockcheck: " << violations << " violations\n";
  return violations == 0 ? 0 : kViolation;
}

int Main(int argc, char** argv) {
  std::string history;
  std::vector<std::string> directories;
  CLI::App app{"Judges the history of a run under faults, with the servers' disks."};
  app.add_option("--history", history, "what lockbench wrote")->required();
  app.add_option("--data", directories, "the data directory of a server that was stopped")
      ->required()
      ->take_all();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  return Judge(history, directories);
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) { return bench::Main(argc, argv); }
