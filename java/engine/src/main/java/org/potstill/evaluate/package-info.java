/**
 * Evaluation: how well fresh networks learn from the synthetic images, beside the same number of
 * real ones.
 *
 * <p>Reads {@code distilled/}, the validation share and the test images; writes {@code
 * evaluation.json} and {@code trials.json}, adds to {@code left-out.csv}, and puts the images of
 * the iteration that it chose into {@code distilled/}. Next: {@code report}.
 *
 * <p>{@code EvaluateStage} is the stage. Behind it:
 *
 * <ul>
 *   <li>which images networks learn from: {@code TrainingSource}, which is {@code DistilledImages},
 *       {@code DistilledFolder}, or one of the {@code Baselines}: {@code RandomImages}, or chosen
 *       by {@code FeatureSelection} among {@code TrainingFeatures}. {@code ImageSetLoader} makes
 *       {@code LabelledImages} of images of the data set
 *   <li>which iteration of a run that is: {@code KeptIterations}, {@code ChosenIteration}
 *   <li>how a network learns: {@code EvaluationNetworks}, {@code SyntheticTraining} with {@code
 *       LearningRateSchedule}, {@code TrainingDraws} and {@code ExponentialMovingAverage}
 *   <li>the trainings of an evaluation: {@code Trials} runs every {@code Trial}, known by its
 *       {@code TrialKeys}, on its {@code TrialSets}, several at once as {@code TrialRoom} allows,
 *       and tells of them by {@code TrialReports}
 *   <li>what they came to, so that none is done twice: {@code EvaluationJournal} over {@code
 *       FinishedTrials}
 *   <li>the result: {@code Evaluation}, {@code EvaluationFile}, {@code EvaluationProtocol}; two of
 *       them: {@code Comparison}, {@code ComparedData}
 *   <li>what is asked before anything runs: {@code EvaluationNeeds}, {@code MeasuredImages}
 * </ul>
 */
package org.potstill.evaluate;
