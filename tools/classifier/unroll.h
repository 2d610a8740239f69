/// What a program needs that uses trained classifiers (TextPredictor, PredictionSession), trains
/// them (train_classifier), or says how many threads it wants (set_thread_count). Networks of one's
/// own are made of unroll/layers and unroll/optim.
#pragma once

#include "unroll/core/error.h"
#include "unroll/core/parallel.h"
#include "unroll/tools/classifier/prediction_session.h"
#include "unroll/tools/classifier/text_predictor.h"
#include "unroll/tools/classifier/train_classifier.h"
