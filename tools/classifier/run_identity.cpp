#include "unroll/tools/classifier/run_identity.h"

#include <fmt/format.h>

#include <bit>
#include <cstdint>

#include "unroll/core/hash.h"
#include "unroll/core/safetensors.h"
#include "unroll/kernels/isa.h"

namespace unroll {

std::string identity_of(std::span<const Record> records) {
  Hash hash;
  for (const Record& record : records) {
    hash.add_text(record.text);
    hash.add_text(record.label);
    hash.add_text(fmt::format("{} {}", record.more_labels.size(),
                              std::bit_cast<std::uint32_t>(record.weight)));
    for (const std::string& label : record.more_labels) hash.add_text(label);
  }
  return hash.digits();
}

std::string identity_of(const TextClassifier& start) {
  StoredTensors tensors;
  if (start.has_network()) {
    for (const Parameter<float>* parameter : start.model().parameters()) {
      tensors.emplace(parameter->name, parameter->value);
    }
  }
  return safetensors_checksum({{"encoder", start.encoder().to_json()}}, tensors);
}

std::string this_machine() {
  return fmt::format("{} {}{}", to_string(active_isa()), to_string(maker()),
                     multiplies_bfloat16() ? " bf16" : "");
}

}  // namespace unroll
