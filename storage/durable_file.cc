#include "storage/durable_file.h"

#include <algorithm>
#include <utility>

#include "storage/leveldb_terms.h"

namespace paxos::storage {
namespace {

constexpr std::size_t kBufferBytes = 256 * 1024;

const std::string& Zeros() {
  static const std::string zeros(64 * 1024, '\0');
  return zeros;
}

}  // namespace

// ---- all files ----------------------------------------------------------------------------------

Status DurableFiles::failure() const {
  if (!failed()) return Status::Ok();
  const std::lock_guard lock(mutex_);
  return failure_;
}

Status DurableFiles::Watch(Status status) {
  if (status.ok()) return status;
  const std::lock_guard lock(mutex_);
  if (failure_.ok()) failure_ = status;
  has_failed_.store(true, std::memory_order_release);
  return status;
}

// ---- one file -----------------------------------------------------------------------------------

DurableFile::DurableFile(std::unique_ptr<File> file, const FileGrowth& growth, DurableFiles& all)
    : file_(std::move(file)), zeroed_step_(growth.zeroed_step), all_(all) {}

// Whoever cares about what is still in the buffer has called Close and looked at its result.
DurableFile::~DurableFile() = default;

leveldb::Status DurableFile::Append(const leveldb::Slice& data) {
  buffer_.append(data.data(), data.size());
  if (buffer_.size() >= kBufferBytes) WriteOut();
  return Outcome();
}

leveldb::Status DurableFile::Flush() { return Outcome(); }

leveldb::Status DurableFile::Sync() {
  WriteOut();
  if (all_.failed()) return Outcome();
  all_.CountSync();
  return ToLevelDb(all_.Watch(file_->Sync()));
}

leveldb::Status DurableFile::Close() {
  WriteOut();
  file_.reset();
  return Outcome();
}

void DurableFile::WriteOut() {
  if (buffer_.empty()) return;
  Write(end_, buffer_);
  end_ += buffer_.size();
  buffer_.clear();
  if (zeroed_step_ > 0 && end_ > zeroed_) {
    const std::uint64_t next = (end_ / zeroed_step_ + 1) * zeroed_step_;
    FillWithZeros(end_, next);
    zeroed_ = next;
  }
}

// Not synced apart: the sync that the data waits for covers the zeros as well.
void DurableFile::FillWithZeros(std::uint64_t from, std::uint64_t to) {
  while (from < to) {
    const std::uint64_t count = std::min<std::uint64_t>(to - from, Zeros().size());
    Write(from, std::string_view(Zeros()).substr(0, count));
    from += count;
  }
}

// Outcome tells.
void DurableFile::Write(std::uint64_t offset, std::string_view bytes) {
  if (!all_.failed()) static_cast<void>(all_.Watch(file_->WriteAt(offset, bytes)));
}

leveldb::Status DurableFile::Outcome() const { return ToLevelDb(all_.failure()); }

}  // namespace paxos::storage
