#include "storage/anchor.h"

#include <string_view>
#include <utility>

#include "paxos/check.h"

namespace paxos::storage {
namespace {

constexpr std::string_view kName = "anchor";
constexpr std::size_t kPlaceBytes = 4096;
constexpr std::size_t kLengthBytes = 2;

std::uint64_t OffsetOf(std::uint64_t writing) { return (writing % 2) * kPlaceBytes; }

// Short enough for one sector of 512 bytes, which a disk writes whole or not at all.
std::string ToPlace(const Anchor& anchor) {
  std::string sealed;
  SealTo(kName, anchor, &sealed);
  PAXOS_CHECK("N1", sealed.size() <= 255, sealed.size());
  std::string place{static_cast<char>(sealed.size()), '\0'};
  return place + sealed;
}

Result<Anchor> FromPlace(std::string_view place) {
  if (place.size() < kLengthBytes) return Status(ErrorCode::kDamaged, "missing");
  const auto low = static_cast<std::uint8_t>(place[0]);
  const auto high = static_cast<std::uint8_t>(place[1]);
  const std::size_t length = low | (std::size_t{high} << 8);
  return Unseal<Anchor>(kName, place.substr(kLengthBytes).substr(0, length));
}

// The one that was written last, if both are good.
Result<Anchor> Newest(std::string_view content) {
  const Result<Anchor> even = FromPlace(content.substr(0, kPlaceBytes));
  if (content.size() <= kPlaceBytes) return even;
  const Result<Anchor> odd = FromPlace(content.substr(kPlaceBytes));
  if (!even || !odd) return even ? even : odd;
  return even->writing > odd->writing ? even : odd;
}

}  // namespace

Status AnchorFile::Create(FileSystem& files, const std::string& path, const Anchor& first) {
  Result<std::unique_ptr<File>> file = files.Create(path);
  if (!file) return file.error();
  // Both places exist from now on, so that later writes change no metadata.
  if (Status s = (*file)->WriteAt(0, std::string(2 * kPlaceBytes, '\0')); !s.ok()) return s;
  return AnchorFile(*std::move(file), Anchor{}).Remember(first);
}

Result<std::unique_ptr<AnchorFile>> AnchorFile::Open(FileSystem& files, const std::string& path) {
  const Result<std::string> content = ReadFile(path);
  if (!content) return content.error();
  const Result<Anchor> newest = Newest(*content);
  if (!newest) return newest.error().Annotate(path);
  Result<std::unique_ptr<File>> file = files.OpenExisting(path);
  if (!file) return file.error();
  return std::unique_ptr<AnchorFile>(new AnchorFile(*std::move(file), *newest));
}

Status AnchorFile::Remember(Anchor anchor) {
  anchor.writing = newest_.writing + 1;
  Status status = file_->WriteAt(OffsetOf(anchor.writing), ToPlace(anchor));
  if (status.ok()) status = file_->Sync();
  if (status.ok()) newest_ = anchor;
  return status;
}

}  // namespace paxos::storage
