// What the log costs on a real disk, next to what the disk costs without it, in one run:
//
//   storage_bench DIR [SECONDS]
//
// "append" and "overwrite" are one 300-byte pwrite and one fdatasync, at the end of a file that
// grows and inside one that was filled with zeros. "log, n" keeps n batches with one accepted entry
// of 128 bytes each on their way. Times are from handing a batch over to hearing that it is
// durable.
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "storage/data_directory.h"

namespace {

using namespace paxos;
using Clock = std::chrono::steady_clock;
using Microseconds = std::chrono::duration<double, std::micro>;

struct Figures {
  std::vector<double> us{};
  double seconds = 0;
  double cpu_us = 0;
  std::uint64_t syncs = 0;
};

double CpuMicroseconds() {
  struct ::rusage usage = {};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto us = [](const ::timeval& t) {
    return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_usec);
  };
  return us(usage.ru_utime) + us(usage.ru_stime);
}

void Print(const char* what, Figures figures) {
  std::sort(figures.us.begin(), figures.us.end());
  const std::size_t count = figures.us.size();
  std::printf("%-12s %9.0f/s %8.0f syncs/s   p50 %6.0f  p99 %6.0f  max %7.0f us   cpu %5.1f us\n",
              what, static_cast<double>(count) / figures.seconds,
              static_cast<double>(figures.syncs) / figures.seconds, figures.us[count / 2],
              figures.us[count * 99 / 100], figures.us.back(),
              figures.cpu_us / static_cast<double>(count));
  std::fflush(stdout);
}

[[noreturn]] void Die(const std::string& why) {
  std::fprintf(stderr, "storage_bench: %s\n", why.c_str());
  std::exit(EXIT_FAILURE);
}

// ---- the floor ----------------------------------------------------------------------------------

Figures MeasureFile(const std::string& path, std::size_t zeroed_bytes, double seconds) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) Die("create " + path);
  const std::string zeros(zeroed_bytes, '\0');
  const std::string bytes(300, 'x');
  bool ok = ::pwrite(fd, zeros.data(), zeros.size(), 0) >= 0 && ::fsync(fd) == 0;
  Figures figures;
  const double cpu = CpuMicroseconds();
  const auto begin = Clock::now();
  for (std::size_t at = 0; ok && Clock::now() - begin < std::chrono::duration<double>(seconds);) {
    const auto start = Clock::now();
    ok = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<::off_t>(at)) > 0 &&
         ::fdatasync(fd) == 0;
    figures.us.push_back(Microseconds(Clock::now() - start).count());
    at += bytes.size();
    if (zeroed_bytes > 0 && at + bytes.size() > zeroed_bytes) at = 0;
  }
  figures.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  figures.cpu_us = CpuMicroseconds() - cpu;
  figures.syncs = figures.us.size();
  ::close(fd);
  if (!ok) Die("write " + path);
  return figures;
}

// ---- the log ------------------------------------------------------------------------------------

// The owner's thread: runs what was posted.
class Loop {
 public:
  void Post(std::function<void()> task) {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    more_.notify_one();
  }

  void RunOne() {
    std::unique_lock lock(mutex_);
    more_.wait(lock, [this] { return !tasks_.empty(); });
    const std::function<void()> task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task();
  }

 private:
  std::mutex mutex_;
  std::condition_variable more_;
  std::deque<std::function<void()>> tasks_;
};

class Load final : public StorageEvents {
 public:
  explicit Load(Storage& storage) : storage_(storage) {}

  void OnDurable(PersistSeq seq) override {
    const auto now = Clock::now();
    while (durable_ < seq) {
      ++durable_;
      figures_.us.push_back(Microseconds(now - handed_over_at_.front()).count());
      handed_over_at_.pop_front();
    }
  }
  void OnWriteFailed(const Status& why) override { Die(why.ToString()); }

  void KeepOnTheirWay(std::size_t count) {
    while (handed_over_at_.size() < count) WriteOne();
  }
  bool idle() const { return handed_over_at_.empty(); }
  Figures& figures() { return figures_; }

 private:
  void WriteOne() {
    ++next_;
    const Slot slot{next_.value()};
    const Ballot ballot{1, NodeId{1}};
    const SharedEntry entry(Entry{ballot, {}, {std::string(128, 'c')}});
    handed_over_at_.push_back(Clock::now());
    storage_.Write({AcceptedRecord{slot, ballot, entry}, ChosenMarkRecord{slot.prev()}}, next_);
  }

  Storage& storage_;
  PersistSeq next_;
  PersistSeq durable_;
  std::deque<Clock::time_point> handed_over_at_;
  Figures figures_;
};

Figures MeasureLog(const std::string& directory, std::size_t depth, double seconds) {
  const storage::Identity identity{ClusterId{1}, NodeId{1}, "bench"};
  if (Status s = storage::InitDirectory(directory, identity, GroupId{1}); !s.ok()) {
    Die(s.ToString());
  }
  Loop loop;
  auto log = storage::OpenStorage(directory, identity.cluster, identity.node, GroupId{1}, {},
                                  [&loop](std::function<void()> task) { loop.Post(task); });
  if (!log) Die(log.error().ToString());
  Load load(**log);
  (*log)->Start(load);
  const std::uint64_t syncs = (*log)->syncs();
  const double cpu = CpuMicroseconds();
  const auto begin = Clock::now();
  while (Clock::now() - begin < std::chrono::duration<double>(seconds)) {
    load.KeepOnTheirWay(depth);
    loop.RunOne();
  }
  while (!load.idle()) loop.RunOne();
  Figures& figures = load.figures();
  figures.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  figures.cpu_us = CpuMicroseconds() - cpu;
  figures.syncs = (*log)->syncs() - syncs;
  return std::move(figures);
}

// ---- a restart ----------------------------------------------------------------------------------

void MeasureOpen(const std::string& directory) {
  const auto begin = Clock::now();
  auto log = storage::OpenStorage(directory, ClusterId{1}, NodeId{1}, GroupId{1}, {},
                                  [](const std::function<void()>& /*task*/) {});
  if (!log) Die(log.error().ToString());
  const auto opened = Clock::now();
  const Slot last = (*log)->Recover()->chosen_prefix;
  Slot read;
  while (read < last) {
    const auto part = (*log)->ReadChosen(read.next(), last, 4 << 20);
    if (!part) Die(part.error().ToString());
    read = part->back().slot;
  }
  const std::chrono::duration<double> checking = opened - begin;
  const std::chrono::duration<double> reading = Clock::now() - opened;
  std::printf("%-12s %9llu slots checked in %.2f s, read in %.2f s\n", "open",
              static_cast<unsigned long long>(last.value()), checking.count(), reading.count());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: storage_bench DIR [SECONDS]\n");
    return 64;
  }
  const double seconds = argc > 2 ? std::atof(argv[2]) : 3.0;
  const std::string scratch = std::string(argv[1]) + "/storage_bench.scratch";
  std::filesystem::remove_all(scratch);
  std::filesystem::create_directories(scratch);
  Print("append", MeasureFile(scratch + "/file", 0, seconds));
  Print("overwrite", MeasureFile(scratch + "/file", std::size_t{16} << 20, seconds));
  for (const std::size_t depth : {1U, 16U, 256U}) {
    const std::string name = "log, " + std::to_string(depth);
    Print(name.c_str(), MeasureLog(scratch + "/log" + std::to_string(depth), depth, seconds));
  }
  MeasureOpen(scratch + "/log256");
  std::filesystem::remove_all(scratch);
  return 0;
}
