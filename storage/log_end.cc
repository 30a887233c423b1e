#include "storage/log_end.h"

#include <fstream>
#include <optional>
#include <string_view>
#include <utility>

#include "paxos/crc32c.h"

namespace paxos::storage {
namespace {

constexpr std::size_t kBlockBytes = 32 * 1024;
constexpr std::size_t kHeaderBytes = 7;

enum class FragmentType : std::uint8_t { kFull = 1, kFirst = 2, kMiddle = 3, kLast = 4 };

struct Fragment {
  FragmentType type = FragmentType::kFull;
  std::size_t bytes = 0;  // with the header
  std::string_view payload{};
};

std::uint32_t ByteAt(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes[at]);
}

// LevelDB stores checksums rotated and shifted, since checksums of checksums are poor ones.
std::uint32_t Mask(std::uint32_t crc) { return ((crc >> 15) | (crc << 17)) + 0xa282ead8U; }

// The fragment that `bytes` begin with, if its checksum says that it is one.
std::optional<Fragment> ParseFragment(std::string_view bytes) {
  if (bytes.size() < kHeaderBytes) return std::nullopt;
  const std::uint32_t type = ByteAt(bytes, 6);
  if (type < 1 || type > 4) return std::nullopt;
  const std::size_t length = ByteAt(bytes, 4) | ByteAt(bytes, 5) << 8;
  if (length > bytes.size() - kHeaderBytes) return std::nullopt;
  const std::uint32_t crc =
      ByteAt(bytes, 0) | ByteAt(bytes, 1) << 8 | ByteAt(bytes, 2) << 16 | ByteAt(bytes, 3) << 24;
  if (Mask(Crc32c(bytes.substr(6, 1 + length))) != crc) return std::nullopt;
  return Fragment{static_cast<FragmentType>(type), kHeaderBytes + length,
                  bytes.substr(kHeaderBytes, length)};
}

// How a WriteBatch begins: the sequence number of its first operation (u64), and their number
// (u32).
constexpr std::size_t kBatchHeaderBytes = 12;

struct BatchHeader {
  std::uint64_t sequence = 0;
  std::uint64_t count = 0;
};

std::optional<BatchHeader> ParseBatchHeader(std::string_view payload) {
  if (payload.size() < kBatchHeaderBytes) return std::nullopt;
  const auto number = [&](std::size_t at, std::size_t bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = bytes; i > 0; --i) value = value << 8 | ByteAt(payload, at + i - 1);
    return value;
  };
  return BatchHeader{number(0, 8), number(8, 4)};
}

// Takes the blocks of a file in their order.
class EndFinder {
 public:
  explicit EndFinder(LogKind kind) : kind_(kind) {}

  // False once a record is found to begin behind a bad place.
  bool Take(std::string_view block) {
    std::size_t at = 0;
    if (!is_broken_) at = SkipFragments(block);
    if (is_broken_ && HasBeginning(block, at)) return false;
    offset_ += block.size();
    return true;
  }

  std::uint64_t end() const { return end_; }
  std::uint64_t broken_at() const { return broken_at_; }

 private:
  // Where the row of good fragments stops in this block.
  std::size_t SkipFragments(std::string_view block) {
    std::size_t at = 0;
    while (block.size() - at >= kHeaderBytes) {
      const std::optional<Fragment> fragment = ParseFragment(block.substr(at));
      if (!fragment || !Continues(fragment->type)) {
        is_broken_ = true;
        broken_at_ = offset_ + at;
        return at;
      }
      at += fragment->bytes;
      head_ += fragment->payload.substr(0, kBatchHeaderBytes - head_.size());
      if (!is_inside_) EndRecord(offset_ + at);
    }
    return at;
  }

  void EndRecord(std::uint64_t end) {
    end_ = end;
    if (const auto header = ParseBatchHeader(std::exchange(head_, {})))
      next_sequence_ = header->sequence + header->count;
  }

  // Whether a fragment of this type may come next.
  bool Continues(FragmentType type) {
    const bool begins = type == FragmentType::kFull || type == FragmentType::kFirst;
    if (begins == is_inside_) return false;
    is_inside_ = type == FragmentType::kFirst || type == FragmentType::kMiddle;
    return true;
  }

  // Tries every offset: behind a damaged header nobody knows where the next one stands.
  bool HasBeginning(std::string_view block, std::size_t from) const {
    for (std::size_t at = from; at + kHeaderBytes <= block.size(); ++at) {
      const std::uint32_t type = ByteAt(block, at + 6);
      if (type != 1 && type != 2) continue;
      const std::optional<Fragment> fragment = ParseFragment(block.substr(at));
      if (fragment && IsPlausible(*fragment, block, at)) return true;
    }
    return false;
  }

  // A FIRST fragment fills its block, and may be too short to show more.
  [[nodiscard]] bool IsPlausible(const Fragment& fragment, std::string_view block,
                                 std::size_t at) const {
    const bool is_first = fragment.type == FragmentType::kFirst;
    if (is_first && at + fragment.bytes != block.size()) return false;
    if (kind_ == LogKind::kManifest) return true;
    const auto header = ParseBatchHeader(fragment.payload);
    if (!header) return is_first;
    const std::uint64_t between = offset_ + at - end_;  // each operation takes more than a byte
    if (header->count == 0) return false;
    if (next_sequence_ == 0) return true;  // no record came before: the log may begin anywhere
    return header->sequence >= next_sequence_ && header->sequence - next_sequence_ <= between;
  }

  LogKind kind_;
  std::uint64_t offset_ = 0;  // of the block
  std::uint64_t end_ = 0;
  std::uint64_t broken_at_ = 0;
  std::string head_;                 // of the record that is being passed
  std::uint64_t next_sequence_ = 0;  // after the last whole record; 0 = anything may come
  bool is_inside_ = false;           // a record whose LAST is still to come
  bool is_broken_ = false;
};

}  // namespace

Result<std::uint64_t> FindLogEnd(const std::string& path, LogKind kind) {
  std::ifstream file(path, std::ios::binary);
  std::string block(kBlockBytes, '\0');
  EndFinder finder(kind);
  while (file.good()) {
    file.read(block.data(), static_cast<std::streamsize>(block.size()));
    const auto count = static_cast<std::size_t>(file.gcount());
    if (!finder.Take(std::string_view(block).substr(0, count))) {
      return Status(ErrorCode::kDamaged, path + " at byte " + std::to_string(finder.broken_at()) +
                                             ": a bad record in front of good ones");
    }
  }
  if (!file.eof()) return Status(ErrorCode::kIo, "read " + path + " failed");
  return finder.end();
}

}  // namespace paxos::storage
