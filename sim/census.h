// Counts what a value consists of, through its own description: how many elements each container
// has, what each number is. An archive that only reads, and does not look into containers.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "paxos/named.h"
#include "paxos/shape.h"

namespace paxos::sim {

class Census {
 public:
  using is_saving = std::true_type;
  using is_loading = std::false_type;

  template <class T>
  static Census Of(const T& value) {
    Census census;
    census.counts_.reserve(kCountsExpected);
    census.Count("", value);
    return census;
  }

  // Each field that was counted, and what it came to. A name may come more than once.
  using Counts = std::vector<std::pair<std::string_view, std::uint64_t>>;
  [[nodiscard]] const Counts& counts() const { return counts_; }

  template <class T>
  Census& operator&(const NamedValue<T>& field) {
    Count(field.name, field.value);
    return *this;
  }

 private:
  static constexpr std::size_t kCountsExpected = 128;

  template <class T>
  void Count(const char* name, const T& value) {
    if constexpr (shape::Sequence<T> || shape::Map<T> || shape::Set<T>) {
      counts_.emplace_back(name, value.size());
    } else if constexpr (shape::Integer<T>) {
      counts_.emplace_back(name, static_cast<std::uint64_t>(value));
    } else if constexpr (shape::Optional<T>) {
      if (value.has_value()) Count(name, *value);
    } else if constexpr (shape::Variant<T>) {
      std::visit([&](const auto& each) { Count(name, each); }, value);
    } else if constexpr (shape::Described<T>) {
      serialize(*this, const_cast<T&>(value), 0U);  // mutable for readers' sake; nothing changes
    }
  }

  Counts counts_;
};

}  // namespace paxos::sim
