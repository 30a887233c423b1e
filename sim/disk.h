// A disk that keeps the contract of paxos::Storage and nothing beyond it.
//
//   Write -> waiting -> (a sync takes all that wait) -> stored: part of D_i -> reported, later
//
// Batches are atomic and stored in order. A crash keeps what is stored and a random prefix of what
// waits: the system may have written back any of it. A failure, of a write or of a sync, is final
// for this life of the process, and leaves as undefined a prefix behind. A disk that is stuck or
// full stays so over restarts.
//
// Beyond the contract, while no process uses the directory or under it: records that changed, which
// are found when they are read; a directory that is gone; an old copy in its place, which looks
// sound and is not.
#pragma once

#include <deque>
#include <set>
#include <vector>

#include "paxos/random.h"
#include "paxos/storage.h"
#include "sim/chance.h"
#include "sim/disk_image.h"
#include "sim/event_queue.h"

namespace paxos::sim {

struct DiskOptions {
  Duration sync_min = std::chrono::microseconds{50};
  Duration sync_mean = std::chrono::microseconds{200};  // on top of the minimum, exponential
  // From a sync's end to its report: uniform up to this.
  Duration report_max{};
  // One report in eight takes up to this long; those of later syncs overtake it.
  Duration late_report_max{};
};

// Sees what happens to the disk itself, before the process does.
class DiskWatcher {
 public:
  virtual ~DiskWatcher() = default;
  virtual void OnWrite(const std::vector<Record>& batch, PersistSeq seq) = 0;
  // The batch is about to become part of the image, whatever happens next.
  virtual void OnStored(const std::vector<Record>& batch, PersistSeq seq) = 0;
};

class Disk final : public Storage {
 public:
  // `events` is the process: not called while there is none. All must outlive the disk.
  Disk(EventQueue& queue, Random random, const DiskOptions& options, DiskWatcher& watcher,
       StorageEvents& events);

  Result<DurableState> Recover() override;
  Result<std::vector<ChosenEntry>> ReadChosen(Slot first, Slot last,
                                              std::size_t bytes_max) override;
  void Write(std::vector<Record> batch, PersistSeq seq) override;

  // The process died, or lost its power.
  void Crash();
  // No sync finishes before `until`.
  void StallUntil(Time until);
  // The `calls`-th write or sync from now on fails, if this life lasts that long.
  void FailLater(std::uint64_t calls) { calls_to_failure_ = calls; }
  // Every write before `until` fails: no space left.
  void FillUntil(Time until);
  // A record of the log, or of what stands before it, has changed. What the process holds in memory
  // is sound.
  void Damage(std::uint64_t draw);
  // The directory is gone.
  void Lose() { is_lost_ = true; }
  // Somebody copies the directory, and later puts the copy in its place (while no process runs).
  void Copy() { copy_ = image_; }
  void RestoreCopy();
  [[nodiscard]] const DiskImage& copy() const { return copy_; }

  // Is all of it there and readable?
  [[nodiscard]] bool IsSound() const { return !is_lost_ && !is_head_damaged_ && damaged_.empty(); }
  // Has it forgotten what it held, and cannot know it?
  [[nodiscard]] bool IsRolledBack() const { return is_rolled_back_; }

  // Fast from now on; nothing else goes wrong.
  void Calm();

  // D_i.
  [[nodiscard]] const DiskImage& image() const { return image_; }

 private:
  struct Batch {
    std::vector<Record> records{};
    PersistSeq seq{};
  };

  void StartSync();
  void FinishSyncAt(Time when, std::size_t batches);
  void FinishSync();
  [[nodiscard]] bool FailsNow();
  void FailSoon(const char* why);
  void Fail(const char* why);
  void Report(PersistSeq seq);
  void Store(std::size_t batches);

  EventQueue& queue_;
  Random random_;
  Random reports_;
  DiskOptions options_;
  DiskWatcher& watcher_;
  StorageEvents& events_;
  DiskImage image_;
  DiskImage copy_;
  std::set<Slot> damaged_;
  bool is_head_damaged_ = false;
  bool is_lost_ = false;
  bool is_rolled_back_ = false;
  std::deque<Batch> waiting_;
  std::uint64_t life_ = 0;  // of the process; what an earlier one asked for is not reported
  bool is_syncing_ = false;
  std::size_t syncing_ = 0;             // batches that the sync under way takes
  std::uint64_t sync_ = 0;              // its number
  std::uint64_t calls_to_failure_ = 0;  // 0: none is going to fail
  bool has_failed_ = false;
  Time full_until_{};
  Time stalled_until_{};
  Time last_report_{};
};

}  // namespace paxos::sim
