"""A program on the client that openapi-python-client makes of the description, against a server at $URL with a key in $KEY.

    PYTHONPATH=FOLDER_OF_THE_CLIENT URL=… KEY=… python3 use.py
"""
import os
import time

from hallmark_api import AuthenticatedClient
from hallmark_api.api.jobs import get_job, list_jobs
from hallmark_api.api.models import list_models, predict
from hallmark_api.api.proofs import prove
from hallmark_api.api.service import get_service
from hallmark_api.api.verification import verify
from hallmark_api.models import (
    Job,
    JobState,
    Prediction,
    PredictionRequest,
    ProblemBody,
    ProofOutcome,
    ProofRequest,
    VerificationRequest,
)

client = AuthenticatedClient(base_url=os.environ["URL"], token=os.environ["KEY"])
image = [0.0] * 24 + [0.75] * 8 + [0.0] * 32

service = get_service.sync(client=client)
assert service is not None and service.name == "hallmark", service
model = next(model for model in list_models.sync(client=client, q="digits").items if model.name == "digits-cnn")
prediction = predict.sync(model.model_id, client=client, body=PredictionRequest(input_=image))
assert isinstance(prediction, Prediction), prediction

job = prove.sync(model.model_id, client=client, body=ProofRequest(input_=image, nonce="01"), idempotency_key="one")
assert isinstance(job, Job), job
same = prove.sync(model.model_id, client=client, body=ProofRequest(input_=image, nonce="01"), idempotency_key="one")
assert same.id == job.id
for _ in range(600):
    job = get_job.sync(job.id, client=client)
    if job.state in (JobState.DONE, JobState.FAILED, JobState.DEAD):
        break
    time.sleep(0.1)
assert isinstance(job.result, ProofOutcome), job
assert [output.to_dict() for output in job.result.outputs] == [output.to_dict() for output in prediction.outputs]
assert job.id in [found.id for found in list_jobs.sync(client=client, state="done").items]

missing = get_job.sync("job_019abf2c9f6b7d0e8a3e4c5d6f708192", client=client)
assert isinstance(missing, ProblemBody) and missing.type_ == "urn:hallmark:problem:job-not-found", missing
refused = verify.sync(client=client, body=VerificationRequest(model_id=model.model_id, bundle_base64="AAAA"))
assert isinstance(refused, ProblemBody) and refused.status == 422, refused
print(f"the generated client had {job.id} proven")
