#include "sim/paxsim_workers.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "paxos/frame.h"

namespace paxos::sim {
namespace {

constexpr int kSystem = 71;

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
    if (n <= 0) _exit(kSystem);
    done += static_cast<std::size_t>(n);
  }
}

[[noreturn]] void Die(const char* what) {
  std::perror(what);
  std::exit(kSystem);
}

}  // namespace

Workers::Workers(const Recipe& recipe, const std::vector<std::uint64_t>& seeds, unsigned jobs,
                 WallClock::time_point deadline, Events events)
    : seeds_(seeds), jobs_(jobs), events_(std::move(events)) {
  for (unsigned job = 0; job < jobs; ++job) Spawn(recipe, job, deadline);
}

void Workers::Spawn(const Recipe& recipe, unsigned job, WallClock::time_point deadline) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) Die("pipe");
  std::fflush(nullptr);
  const pid_t pid = ::fork();
  if (pid < 0) Die("fork");
  if (pid == 0) {
    ::close(ends[0]);
    for (std::size_t i = job; i < seeds_.size() && WallClock::now() < deadline; i += jobs_) {
      std::string frame;
      AppendFrame(FrameType::kPeerMessage, 0, RunSeed(recipe, seeds_[i]), &frame);
      WriteAll(ends[1], frame);
    }
    _exit(0);
  }
  ::close(ends[1]);
  workers_.push_back(Worker{pid, ends[0], {}, job});
}

bool Workers::ReadSome() {
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

void Workers::ReadFrom(Worker& worker) {
  char bytes[1 << 16];
  const ssize_t n = ::read(worker.in, bytes, sizeof bytes);
  if (n <= 0) return Bury(worker);
  worker.buffer.append(bytes, static_cast<std::size_t>(n));
  std::size_t consumed = 0;
  while (const auto frame = *FrameReader().Next(worker.buffer, &consumed)) {
    worker.next += jobs_;
    events_.on_result(*Decode<SeedResult>(frame->payload));
    worker.buffer.erase(0, consumed);
  }
}

void Workers::Bury(Worker& worker) {
  ::close(std::exchange(worker.in, -1));
  int status = 0;
  ::waitpid(worker.pid, &status, 0);
  const bool ended_well = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  if (ended_well || is_stopping_) return;
  events_.on_death(seeds_[worker.next],
                   WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "an exit");
}

void Workers::Stop() {
  is_stopping_ = true;
  for (const Worker& each : workers_) {
    if (each.in >= 0) ::kill(each.pid, SIGTERM);
  }
}

double CoreSecondsOfChildren() {
  rusage usage{};
  ::getrusage(RUSAGE_CHILDREN, &usage);
  const auto in_seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return in_seconds(usage.ru_utime) + in_seconds(usage.ru_stime) + 1e-9;
}

}  // namespace paxos::sim
