// All clients of a run on one thread, and what is measured of them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "bench/lockbench_client.h"
#include "bench/lockbench_latency.h"
#include "net/runtime.h"

namespace bench {

struct LoadOptions {
  std::vector<std::string> endpoints{};
  std::uint32_t clients = 1;
  std::uint32_t conns = 16;  // at most; clients share them
  std::chrono::milliseconds ttl{10'000};
  std::uint64_t seed = 0;            // of the first client; the others' differ from it
  LoadObserver* observer = nullptr;  // or none
};

// What was done between StartMeasuring and StopMeasuring.
struct LoadFigures {
  LatencyHistogram latency{};
  std::vector<std::uint64_t> operations{};  // by client
  std::uint64_t errors = 0;
  std::string last_error{};
};

class Load final : public LoadEvents, public paxos::net::TurnHandler {
 public:
  using MakeScript = std::function<std::unique_ptr<Script>(UserNumber)>;

  Load(paxos::net::Runtime& runtime, const LoadOptions& options, const MakeScript& make_script);
  ~Load() override;
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  // ---- phases. Those that return bool run the loop until it is so, or too late.
  bool OpenSessions(paxos::Duration at_most);
  void Run();
  void StartMeasuring();
  void StopMeasuring();
  bool FinishOperations(paxos::Duration at_most);
  bool CloseSessions(paxos::Duration at_most);

  [[nodiscard]] const LoadFigures& figures() const { return figures_; }
  [[nodiscard]] std::uint32_t conns() const { return conns_; }
  // The last thing that went wrong, for error messages.
  [[nodiscard]] const std::string& last_trouble() const;

  void OnOperation(const LoadClient& client, paxos::Instant begin, paxos::Instant end) override;
  void OnFailure(const LoadClient& client, const lockservice::CallResult& why) override;
  void WakeAt(const LoadClient& client, paxos::Instant when) override;
  paxos::Instant OnTurn(paxos::Instant now) override;

 private:
  bool RunUntilAll(bool (LoadClient::*is_so)() const, paxos::Duration at_most);

  paxos::net::Runtime& runtime_;
  std::uint32_t conns_;
  SharedConnections connections_;
  LoadFigures figures_;
  bool is_measuring_ = false;
  // Alarms that were wished earlier than the one that is set are set, too; later wishes wait until
  // that one goes off. So a busy client costs two entries a second, not two per call.
  std::set<std::pair<paxos::Instant, UserNumber>> alarms_;
  std::vector<paxos::Instant> alarm_of_;
  std::vector<std::unique_ptr<LoadClient>> clients_;
};

}  // namespace bench
