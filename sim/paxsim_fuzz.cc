#include "sim/paxsim_fuzz.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "paxos/frame.h"
#include "sim/paxsim_run.h"
#include "sim/paxsim_totals.h"

namespace paxos::sim {
namespace {

using WallClock = std::chrono::steady_clock;

// Every so many seeds runs twice and must do the same.
constexpr std::uint64_t kTwiceEvery = 20;

SeedResult RunSeed(Recipe recipe, std::uint64_t seed) {
  recipe.seed = seed;
  SeedResult result = RunRecipe(recipe);
  if (seed % kTwiceEvery != 0 || !result.tag.empty()) return result;
  const SeedResult again = RunRecipe(recipe);
  if (again == result) return result;
  result.tag = "DETERMINISM";
  result.what = "a second run gave hash " + HexText(again.hash);
  return result;
}

void WriteAll(int fd, const std::string& bytes) {
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t n = ::write(fd, bytes.data() + done, bytes.size() - done);
    if (n <= 0) _exit(71);
    done += static_cast<std::size_t>(n);
  }
}

// The child's whole life: its share of the seeds, in order, one frame of results each.
[[noreturn]] void Work(const FuzzOptions& options, unsigned job, int out,
                       WallClock::time_point deadline) {
  for (std::uint64_t i = job; i < options.seeds; i += options.jobs) {
    if (WallClock::now() >= deadline) break;
    std::string frame;
    AppendFrame(FrameType::kPeerMessage, 0, RunSeed(options.recipe, options.first + i), &frame);
    WriteAll(out, frame);
  }
  _exit(0);
}

struct Worker {
  pid_t pid = 0;
  int in = -1;  // -1: it has ended
  std::string buffer{};
  std::uint64_t next = 0;  // the seed it is at
};

class Fuzzer {
 public:
  explicit Fuzzer(const FuzzOptions& options) : options_(options) {}

  bool Run() {
    const auto begin = WallClock::now();
    const auto deadline =
        options_.time_limit ? begin + *options_.time_limit : WallClock::time_point::max();
    for (unsigned job = 0; job < options_.jobs; ++job) Spawn(job, deadline);
    while (ReadSome()) PrintProgress(begin);
    std::fputs(totals_.Table(CoreSeconds()).c_str(), stdout);
    return totals_.failures() == 0 && !has_died_;
  }

 private:
  void Spawn(unsigned job, WallClock::time_point deadline) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) std::perror("pipe"), std::exit(71);
    std::fflush(nullptr);
    const pid_t pid = ::fork();
    if (pid < 0) std::perror("fork"), std::exit(71);
    if (pid == 0) {
      ::close(ends[0]);
      Work(options_, job, ends[1], deadline);
    }
    ::close(ends[1]);
    workers_.push_back(Worker{pid, ends[0], {}, options_.first + job});
  }

  // False once every worker has ended.
  bool ReadSome() {
    std::vector<pollfd> waiting;
    for (const Worker& worker : workers_) waiting.push_back({worker.in, POLLIN, 0});
    const bool any_left = std::any_of(workers_.begin(), workers_.end(),
                                      [](const Worker& worker) { return worker.in >= 0; });
    if (!any_left) return false;
    ::poll(waiting.data(), waiting.size(), 1000);
    for (std::size_t i = 0; i < workers_.size(); ++i) {
      if (waiting[i].fd >= 0 && waiting[i].revents != 0) ReadFrom(workers_[i]);
    }
    return true;
  }

  void ReadFrom(Worker& worker) {
    char bytes[1 << 16];
    const ssize_t n = ::read(worker.in, bytes, sizeof bytes);
    if (n <= 0) return Bury(worker);
    worker.buffer.append(bytes, static_cast<std::size_t>(n));
    std::size_t consumed = 0;
    while (const auto frame = *FrameReader().Next(worker.buffer, &consumed)) {
      OnResult(*Decode<SeedResult>(frame->payload), worker);
      worker.buffer.erase(0, consumed);
    }
  }

  void OnResult(const SeedResult& result, Worker& worker) {
    worker.next = result.seed + options_.jobs;
    if (is_stopping_) return;
    totals_.Add(result);
    if (result.tag.empty()) return;
    std::fputs(FailureText(options_.recipe, result).c_str(), stdout);
    std::fflush(stdout);
    if (totals_.failures() < options_.failures_max) return;
    for (const Worker& each : workers_) {
      if (each.in >= 0) ::kill(each.pid, SIGTERM);
    }
    is_stopping_ = true;
  }

  void Bury(Worker& worker) {
    ::close(std::exchange(worker.in, -1));
    int status = 0;
    ::waitpid(worker.pid, &status, 0);
    const bool ended_well = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (ended_well || is_stopping_) return;
    has_died_ = true;
    fmt::print(
        "FAILED [CRASH] the process died of {} at seed {}\n  replay: paxsim replay --seed {} "
        "--workload {}\n",
        WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "an exit", worker.next, worker.next,
        options_.recipe.workload);
  }

  void PrintProgress(WallClock::time_point begin) {
    const auto now = WallClock::now();
    if (now < next_progress_) return;
    next_progress_ = now + std::chrono::seconds{10};
    const auto elapsed = std::chrono::duration_cast<std::chrono::seconds>(now - begin).count();
    fmt::print(stderr, "{} s: {} of {} seeds, {} violations\n", elapsed, totals_.seeds(),
               options_.seeds, totals_.failures());
  }

  // What all workers, which have ended, used of processors.
  static double CoreSeconds() {
    rusage usage{};
    ::getrusage(RUSAGE_CHILDREN, &usage);
    const auto seconds = [](const timeval& time) {
      return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime) + 1e-9;
  }

  const FuzzOptions& options_;
  std::vector<Worker> workers_;
  FuzzTotals totals_;
  bool has_died_ = false;
  bool is_stopping_ = false;
  WallClock::time_point next_progress_ = WallClock::now() + std::chrono::seconds{10};
};

}  // namespace

bool Fuzz(const FuzzOptions& options) { return Fuzzer(options).Run(); }

}  // namespace paxos::sim
