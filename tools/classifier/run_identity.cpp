#include "unroll/tools/classifier/run_identity.h"

#include <fmt/format.h>

#include "unroll/core/safetensors.h"
#include "unroll/kernels/isa.h"
#include "unroll/text/record_hash.h"

namespace unroll {

std::string identity_of(std::span<const Record> records) {
  RecordHash hash;
  hash.add(records);
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
