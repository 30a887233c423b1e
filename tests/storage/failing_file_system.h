#pragma once

#include <atomic>
#include <cstdio>
#include <limits>
#include <string>

#include "tests/storage/wrapped_file_system.h"

namespace paxos::storage {

enum class Fault {
  kError,       // EIO, and nothing is done
  kDiskFull,    // ENOSPC, for everything that needs room, from then on
  kShortWrite,  // half of the bytes, then ENOSPC
};

// Fails a chosen call, counting from 1.
class FailingFileSystem final : public WrappedFileSystem {
 public:
  explicit FailingFileSystem(FileSystem& target) : WrappedFileSystem(&target) {}

  void Fail(int call, Fault fault) {
    fault_ = fault;
    failing_call_ = call;
  }
  // Each call from now on, or none.
  void FailAll() { fails_all_ = true; }
  void Heal() { fails_all_ = false; }

  int calls() const { return calls_; }
  bool has_failed() const { return has_failed_; }
  // The chosen call, once it has failed and whoever made it is done.
  Call failed_call() const { return failed_call_; }
  const std::string& failed_path() const { return failed_path_; }

 private:
  Status Around(const Intent& intent, const std::function<Status()>& act) override {
    const int number = ++calls_;
    if (fails_all_) return Failed(intent, "Input/output error");
    if (number < failing_call_) return act();
    const bool needs_room = intent.call == Call::kWriteAt || intent.call == Call::kCreate;
    if (number > failing_call_ && !(fault_ == Fault::kDiskFull && needs_room)) return act();
    if (number == failing_call_) {
      failed_call_ = intent.call;
      failed_path_ = intent.path;
    }
    has_failed_ = true;
    if (fault_ == Fault::kError) return Failed(intent, "Input/output error");
    if (fault_ == Fault::kShortWrite && intent.call == Call::kWriteAt) WriteHalf(intent);
    return Failed(intent, "No space left on device");
  }

  static void WriteHalf(const Intent& intent) {
    std::FILE* file = std::fopen(intent.path.c_str(), "r+b");
    if (file == nullptr) return;
    std::fseek(file, static_cast<long>(intent.offset), SEEK_SET);
    std::fwrite(intent.bytes.data(), 1, intent.bytes.size() / 2, file);
    std::fclose(file);
  }

  static Status Failed(const Intent& intent, const std::string& why) {
    return {ErrorCode::kIo, "call on " + intent.path + ": " + why};
  }

  std::atomic<int> calls_{0};
  std::atomic<bool> fails_all_{false};
  std::atomic<bool> has_failed_{false};
  Call failed_call_{};
  std::string failed_path_;
  int failing_call_ = std::numeric_limits<int>::max();
  Fault fault_ = Fault::kError;
};

}  // namespace paxos::storage
