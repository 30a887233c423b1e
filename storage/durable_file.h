#pragma once

#include <leveldb/env.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "paxos/result.h"
#include "storage/file_system.h"

namespace paxos::storage {

// How a file grows. Every append past the end makes the next sync write the file system's journal
// too, for the new size; overwriting zeros spares that. README.md has the figures.
struct FileGrowth {
  // Filled with zeros in steps of so many bytes; 0: grows with each write.
  std::uint64_t zeroed_step = 0;
};

// What the files of one database have in common. The first failure of any of them is the failure of
// all (D2): LevelDB goes on after a failed append and would sync what comes after the gap; and
// after a failed sync of CURRENT's new name it removes the MANIFEST that CURRENT may name by now.
class DurableFiles {
 public:
  // The first failure; ok while there is none. From any thread.
  Status failure() const;
  bool failed() const { return has_failed_.load(std::memory_order_acquire); }
  // Passes `status` on, and remembers it if it is the first failure.
  Status Watch(Status status);

  void CountSync() { syncs_.fetch_add(1, std::memory_order_relaxed); }
  std::uint64_t syncs() const { return syncs_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> syncs_{0};
  std::atomic<bool> has_failed_{false};
  mutable std::mutex mutex_;
  Status failure_;  // under the mutex
};

// A file that LevelDB writes. Appends gather in memory until Sync, Close, or a quarter megabyte:
// LevelDB also asks for a Flush after each record, but what is not synced is promised to nobody.
class DurableFile final : public leveldb::WritableFile {
 public:
  // `all` must outlive the file.
  DurableFile(std::unique_ptr<File> file, const FileGrowth& growth, DurableFiles& all);
  ~DurableFile() override;

  leveldb::Status Append(const leveldb::Slice& data) override;
  leveldb::Status Flush() override;
  leveldb::Status Sync() override;
  leveldb::Status Close() override;

 private:
  void WriteOut();
  void Write(std::uint64_t offset, std::string_view bytes);
  void FillWithZeros(std::uint64_t from, std::uint64_t to);
  leveldb::Status Outcome() const;

  std::unique_ptr<File> file_;  // null once closed
  std::uint64_t zeroed_step_;
  DurableFiles& all_;
  std::string buffer_;
  std::uint64_t end_ = 0;     // of what is written out; the buffer comes next
  std::uint64_t zeroed_ = 0;  // the file's size, if it is filled with zeros
};

}  // namespace paxos::storage
