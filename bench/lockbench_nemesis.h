// Strikes the leader again and again while clients hand locks round, writes down what they lived
// through, and has lockcheck judge it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "bench/lockbench_cluster.h"
#include "net/runtime.h"
#include "paxos/result.h"
#include "paxos/time.h"

namespace bench {

enum class StrikeKind : std::uint8_t {
  kKillLeader,   // SIGKILL, and a restart once another leads
  kPauseLeader,  // SIGSTOP, and SIGCONT once another leads
};

struct NemesisOptions {
  StrikeKind kind = StrikeKind::kKillLeader;
  std::uint32_t strikes = 20;
  std::uint32_t clients = 16;
  std::uint32_t conns = 16;
  std::uint32_t locks = 4;  // that the clients compete for
  std::chrono::milliseconds ttl{10'000};
  std::uint64_t seed = 0;
  std::string history{};    // the file to write
  std::string lockcheck{};  // the program that judges it
  std::function<bool()> is_interrupted = [] { return false; };
};

struct NemesisReport {
  std::vector<paxos::Duration> next_grant{};  // from each strike; as long as it was waited for
  std::uint64_t operations = 0;
  std::string verdict{};  // lockcheck's words
  bool is_sound = false;  // lockcheck found nothing
};

const char* Name(StrikeKind kind);

// Ends with the cluster stopped. A Status: the run itself failed, nothing is known of the history.
paxos::Result<NemesisReport> RunNemesis(paxos::net::Runtime& runtime, Cluster& cluster,
                                        const NemesisOptions& options);

}  // namespace bench
