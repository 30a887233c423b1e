#include "bench/lockbench_measurement.h"

#include <memory>

#include "bench/lockbench_process.h"
#include "bench/lockbench_script.h"

namespace bench {

using paxos::Result;
using paxos::Status;
using paxos::net::Now;
using std::chrono::seconds;

namespace {

std::unique_ptr<Script> MakeScript(const std::string& workload, UserNumber number) {
  const std::string own_lock = "bench/" + std::to_string(number);
  if (workload == "commit") return MakeCommitScript();
  if (workload == "lock") return MakeLockScript(own_lock);
  if (workload == "contend") return MakeLockScript("bench/contended");
  return MakeReadScript(own_lock);
}

class Measurement {
 public:
  Measurement(paxos::net::Runtime& runtime, const LoadOptions& load,
              const MeasurementOptions& options)
      : runtime_(runtime), options_(options), load_(runtime, load, [&](UserNumber number) {
          return MakeScript(options.workload, number);
        }) {}

  Result<LoadResult> Run() {
    if (!load_.OpenSessions(seconds{30})) return NotServed("no sessions within 30 s");
    load_.Run();
    RunFor(options_.warm_up_s);
    LoadResult result = MeasureNow();
    load_.FinishOperations(seconds{5});
    load_.CloseSessions(seconds{5});
    if (result.figures.latency.count() == 0) return NotServed("no operation was answered");
    return result;
  }

 private:
  void RunFor(double time) {
    runtime_.RunUntil(options_.is_interrupted, std::chrono::duration_cast<paxos::Duration>(
                                                   std::chrono::duration<double>(time)));
  }

  LoadResult MeasureNow() {
    const double own_before = OwnCpuSeconds();
    const double servers_before = options_.cluster ? options_.cluster->cpu_seconds() : 0;
    const paxos::Instant begin = Now();
    load_.StartMeasuring();
    RunFor(options_.measured_s);
    load_.StopMeasuring();
    LoadResult result;
    result.workload = options_.workload;
    result.conns = load_.conns();
    result.round = options_.round;
    result.wall = Now() - begin;
    result.client_cpu_s = OwnCpuSeconds() - own_before;
    if (options_.cluster != nullptr)
      result.servers = {options_.cluster->cpu_seconds() - servers_before,
                        options_.cluster->resident_megabytes()};
    result.figures = load_.figures();
    return result;
  }

  Status NotServed(const std::string& what) {
    const std::string logs = options_.cluster ? "\n" + options_.cluster->Logs() : "";
    return {paxos::ErrorCode::kUnavailable, what + ": " + load_.last_trouble() + logs};
  }

  paxos::net::Runtime& runtime_;
  const MeasurementOptions& options_;
  Load load_;
};

}  // namespace

Result<LoadResult> Measure(paxos::net::Runtime& runtime, const LoadOptions& load,
                           const MeasurementOptions& options) {
  return Measurement(runtime, load, options).Run();
}

}  // namespace bench
